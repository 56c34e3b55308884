"""COPY, LOAD and EXPORT: between tables and files."""

from typing import Any

from sqlglot import exp

from privacylib.sql.changes.writing import Writing
from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.files import file_named, file_of
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope

__all__ = ["copy", "export", "load", "load_file", "unload_file"]

_PROGRAM = frozenset({"STDIN", "STDOUT"})


def copy(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read COPY, in either direction."""
    writing.reading.kind = "COPY"
    writing.reading.catalogue.by_literals = True
    table, names = writing.target(tree.this)
    files = [one for one in map(_file, tree.args.get("files") or ()) if one is not None]
    queries = [one for one in tree.args.get("files") or () if isinstance(one, exp.Query)]
    if queries:
        sink = writing.sink(table)
        writing.reading.pour(
            writing.queries.query(queries[0], scope), sink, names or writing.reading.catalogue.columns(sink)
        )
    elif isinstance(table, exp.Query):
        _out(writing, writing.queries.query(table, scope), files)
    elif tree.args.get("kind"):
        for file in files:
            load_file(writing, table, names, file)
        if not files:
            writing.sink(table)
    else:
        relation = writing.reading.table(writing.reading.name_of(table))
        listed = [(name, value) for name in names or () if (value := relation.value(name)) is not None]
        _out(writing, Relation(listed) if names else relation, files)
    return None


def _file(node: Any) -> str | None:
    if isinstance(node, exp.Literal):
        return file_named(node.name)
    if isinstance(node, exp.Table):
        return file_of(node, "")
    if isinstance(node, exp.Identifier) and node.name.upper() not in _PROGRAM:
        return file_named(node.name)
    return None


def _out(writing: Writing, relation: Relation, files: list[str]) -> None:
    for file in files:
        writing.reading.writes[file] = None
        writing.reading.pour(relation, file)
        if not relation.is_open:
            writing.reading.catalogue.make(file, tuple(name for name, _ in relation.columns))
    if not files:  # to the program: it is the result
        writing.reading.pour(relation, "")


def load_file(writing: Writing, table: Any, names: tuple[str, ...] | None, file: str) -> None:
    """Read that a file is put into a table, column by column."""
    reading = writing.reading
    sink = writing.sink(table)
    known = names or reading.catalogue.columns(sink)
    relation = reading.table(file)
    if known is not None and not relation.is_open:
        reading.pour(relation, sink, known)
        return
    for name in names or (EVERY,):
        reading.edge((file, EVERY), (sink, name), Dependence.IDENTITY)


def unload_file(writing: Writing, relation: Relation, file: str) -> None:
    """Read that a query is put into a file."""
    _out(writing, relation, [file])


def export(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read EXPORT DATA of BigQuery."""
    writing.reading.kind = "EXPORT"
    writing.reading.catalogue.by_literals = True
    _out(writing, writing.queries.query(tree.this, scope), _options(tree.args.get("options"), "uri"))
    return None


def load(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read LOAD DATA."""
    writing.reading.kind = "LOAD"
    writing.reading.catalogue.by_literals = True
    table, names = writing.target(tree.this)
    inpath = tree.args.get("inpath")
    files = [file_named(inpath.name)] if inpath is not None else _options(tree.args.get("files"), "uris")
    for file in files:
        load_file(writing, table, names, file)
    if not files:
        writing.reading.edge((EVERY, EVERY), (writing.sink(table), EVERY), Dependence.IDENTITY)
    return Relation(tables=scope.tables) if scope.tables else None


def _options(properties: Any, name: str) -> list[str]:
    found: list[str] = []
    for one in properties.expressions if properties is not None else ():
        if isinstance(one, exp.Property) and one.name.lower() == name:
            found += [file_named(part.name) for part in one.args["value"].find_all(exp.Literal)]
    return found
