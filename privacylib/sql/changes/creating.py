"""CREATE, and what else changes which tables there are."""

from typing import Any, cast

from sqlglot import exp

from privacylib.sql.changes.locations import locations
from privacylib.sql.changes.variables import initial
from privacylib.sql.changes.writing import Writing
from privacylib.sql.defining import defined
from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.relations import Relation, named_as
from privacylib.sql.scopes import Scope

__all__ = ["alter", "cache", "create", "declare", "drop", "make"]


def create(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read CREATE TABLE, CREATE VIEW, and what makes no data."""
    kind = tree.args.get("kind") or ""
    writing.reading.kind = f"CREATE {kind}".strip()
    table, names = writing.target(tree.this)
    if kind in ("FUNCTION", "MACRO"):
        _define(writing, tree)
    elif kind in ("PROCEDURE", "TRIGGER"):
        writing.reading.kind = ""  # what it does is done by those who call it
    if kind not in ("TABLE", "VIEW") or not isinstance(table, exp.Table):
        return None
    if isinstance(tree.expression, exp.Query):
        relation = named_as(writing.queries.query(tree.expression, writing.inside(tree, scope)), names or ())
        make(writing, table, relation, view=kind == "VIEW" and not _is_kept(tree))
        _put_at(writing, relation, locations(tree))
    elif tree.args.get("clone") is not None:
        _copy(writing, table, tree.args["clone"].this)
    else:
        _declare(writing, table, names, tree)
    return None


def _define(writing: Writing, tree: Any) -> None:
    """Remember what a function or macro does; who calls it does that."""
    function = defined(tree, writing.reading.names)
    writing.reading.catalogue.by_literals = True
    if function is None or function.body is None:
        writing.reading.kind = ""
    if function is not None:
        writing.reading.catalogue.define(function, anew=bool(tree.args.get("replace")))


def make(writing: Writing, table: Any, relation: Relation, *, view: bool = False) -> None:
    """Read that a table or view is made of a query; what follows in the script knows its columns."""
    sink = writing.sink(table)
    writing.reading.pour(relation, sink)
    catalogue = writing.reading.catalogue
    if view:
        catalogue.make_view(sink, relation)
    else:
        listed = tuple(name for name, _ in relation.columns)
        catalogue.make(sink, None if relation.is_open else listed)


def _is_kept(tree: Any) -> bool:
    """Return whether a view holds rows of its own."""
    properties = tree.args.get("properties")
    return properties is not None and any(isinstance(one, exp.MaterializedProperty) for one in properties.expressions)


def _copy(writing: Writing, table: Any, source: Any) -> None:
    """Read CREATE TABLE … CLONE."""
    relation = writing.reading.table(writing.reading.name_of(source))
    make(writing, table, relation)


def _declare(writing: Writing, table: Any, names: tuple[str, ...] | None, tree: Any) -> None:
    """Read CREATE TABLE with columns, or with those of another table: it holds nothing yet."""
    catalogue = writing.reading.catalogue
    like = next(tree.find_all(exp.LikeProperty), None)
    if like is not None and isinstance(like.this, exp.Table):
        names = catalogue.columns(writing.reading.name_of(like.this))
    catalogue.make(writing.reading.name_of(table), names or None)
    for file in locations(tree):
        _external(writing, table, file, names)


def _put_at(writing: Writing, relation: Relation, files: list[str]) -> None:
    """Read that the rows of a table are kept in files that are named."""
    columns = writing.reading.columns
    for file in files:
        writing.reading.catalogue.by_literals = True
        writing.reading.writes[file] = None
        writing.reading.pour(relation, file)
        writing.reading.catalogue.make(file, None if relation.is_open else columns)


def _external(writing: Writing, table: Any, file: str, names: tuple[str, ...] | None) -> None:
    """Read that a table stands for a file."""
    writing.reading.catalogue.by_literals = True
    writing.reading.reads[file] = None
    sink = writing.sink(table)
    for name in names or (EVERY,):
        writing.reading.edge((file, name), (sink, name), Dependence.IDENTITY)


def cache(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read CACHE TABLE of Spark."""
    writing.reading.kind = "CACHE"
    if isinstance(tree.expression, exp.Query):
        make(writing, tree.this, writing.queries.query(tree.expression, scope))
    return None


def drop(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read DROP: what was known of a table is known no more."""
    writing.reading.kind = f"DROP {tree.args.get('kind') or ''}".strip()
    for one in (tree.this, *(tree.args.get("tables") or ())):
        if isinstance(one, exp.Table) and one.this is not None:  # a schema has no name of a table
            writing.reading.catalogue.drop(writing.reading.name_of(one))
    return Relation(tables=scope.tables) if scope.tables else None


_NO_TABLES = frozenset({"INDEX", "SEQUENCE", "SCHEMA", "DATABASE", "TYPE"})


def alter(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read ALTER: what was known of a table holds no more, and what is renamed moves."""
    writing.reading.kind = f"ALTER {tree.args.get('kind') or ''}".strip()
    if not isinstance(tree.this, exp.Table) or tree.args.get("kind") in _NO_TABLES:
        return None
    name = writing.reading.name_of(tree.this)
    columns_to = [one.this for one in tree.args.get("options") or () if isinstance(one, exp.ToTableProperty)]
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.Query):
            make(writing, tree.this, writing.queries.query(action, scope), view=True)
        elif isinstance(action, exp.AlterRename) and columns_to:  # RENAME a TO b, without the word COLUMN
            _rename(writing, name, *(writing.reading.names.column(one.this) for one in (action.this, columns_to[0])))
        elif isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            _move(writing, name, action.this)
        elif isinstance(action, exp.RenameColumn):
            _rename(writing, name, *(writing.reading.names.column(action.args[one].this) for one in ("this", "to")))
        elif isinstance(action, exp.ColumnDef):
            known = writing.reading.catalogue.columns(name)
            added = writing.reading.names.column(action.this)
            writing.reading.catalogue.make(name, None if known is None else (*known, added))
        else:
            writing.reading.catalogue.drop(name)
    return None


def _move(writing: Writing, name: str, to: Any) -> None:
    """Read that a table has another name from now on."""
    relation = writing.reading.table(name)
    sink = _beside(writing, name, to)
    writing.reading.writes[sink] = None
    writing.reading.pour(relation, sink)
    known = writing.reading.catalogue.columns(name)
    writing.reading.reason = ""
    writing.reading.catalogue.drop(name)
    writing.reading.catalogue.make(sink, known)


def _beside(writing: Writing, name: str, to: Any) -> str:
    """Return the full name of a table that is named anew: it stays in its schema."""
    new = writing.reading.name_of(to)
    schema = name.rpartition(".")[0]
    return new if "." in new or not schema else f"{schema}.{new}"


def _rename(writing: Writing, table: str, old: str, new: str) -> None:
    """Read that a column has another name from now on."""
    known = writing.reading.catalogue.columns(table)
    writing.reading.reads[table] = writing.reading.writes[table] = None
    writing.reading.edge((table, old), (table, new), Dependence.IDENTITY)
    if known is not None:
        writing.reading.catalogue.make(table, tuple(new if one == old else one for one in known))


def declare(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read DECLARE of T-SQL, which may make a table."""
    writing.reading.kind = "DECLARE"
    names = writing.reading.names
    for item in tree.expressions:
        initial(writing, item.this, item.args.get("default"), scope)
        kind = item.args.get("kind")
        if isinstance(kind, exp.Schema):
            columns = tuple(names.column(one.this) for one in kind.expressions if isinstance(one, exp.ColumnDef))
            for one in cast("list[Any]", item.this):
                writing.reading.catalogue.make(names.table(one), columns)
    return scope.chosen_row
