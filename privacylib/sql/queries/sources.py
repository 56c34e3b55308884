"""What a SELECT selects from: tables, queries, functions, and the joins between them."""

from typing import Any

from sqlglot import exp

from privacylib.sql.files import file_of
from privacylib.sql.queries.expressions import Expressions, Query
from privacylib.sql.queries.joins import joined
from privacylib.sql.queries.matching import matched
from privacylib.sql.queries.pivots import pivoted
from privacylib.sql.queries.textual import by_text, summary
from privacylib.sql.queries.unnesting import unnested
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation, named_as
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence, Value

__all__ = ["Sources", "alias_of"]


class Sources:
    """Read what stands in FROM.

    Args:
        reading: The statement.
        expressions: Reads expressions.
        query: Reads a query.
    """

    __slots__ = ("_expressions", "_query", "_reading")

    def __init__(self, reading: Reading, expressions: Expressions, query: Query) -> None:
        self._reading = reading
        self._expressions = expressions
        self._query = query

    def fill(self, node: Any, scope: Scope) -> dict[Influence, None]:
        """Fill the scope of a SELECT with what it selects from, and return what decides on its rows."""
        rows: dict[Influence, None] = {}
        clause = node.args.get("from_")
        if clause is not None:
            for one in (clause.this, *clause.expressions):
                self.add(one, scope, rows)
        if node.args.get("match") is not None:
            self._match(node.args["match"], scope, rows)
        for join in node.args.get("joins") or ():
            self.join(join, scope, rows)
        for lateral in node.args.get("laterals") or ():
            self.add(lateral, scope, rows)
        return rows

    def _match(self, node: Any, scope: Scope, rows: dict[Influence, None]) -> None:
        """Put what MATCH_RECOGNIZE makes in the place of what it reads, which is the last item of FROM."""
        name, relation = scope.sources.popitem()
        alias, columns = alias_of(node, self._reading)
        found = matched(node, relation, scope, self._expressions)
        rows.update(found.rows)
        put(scope, alias or name, named_as(found, columns))

    def add(self, node: Any, scope: Scope, rows: dict[Influence, None], *, target: bool = False) -> list[Relation]:
        """Put one item of FROM into a scope, with what is joined to it; return the relations that came in.

        Args:
            node: The item.
            scope: Where to.
            rows: What decides on the rows, by now.
            target: Whether the item is the table that is written.
        """
        before = len(scope.sources)
        if _is_parentheses(node):
            self.add(node.this, scope, rows)
        else:
            name, relation = self.item(node, scope)
            relation = pivoted(node, relation, scope, self._expressions)
            rows.update(relation.rows)
            alias, columns = _pivot_alias(node, scope)
            put(scope, alias or name, named_as(relation, columns))
            if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and name not in scope.ctes:
                if node.this.args.get("quoted") and self._reading.names.texts_name:
                    self._reading.catalogue.by_literals = True
                scope.bases[name] = self._reading.name_of(node)
                if target:
                    self._reading.reads.pop(scope.bases[name], None)
        for join in node.args.get("joins") or ():
            self.join(join, scope, rows)
        return list(scope.sources.values())[before:]

    def item(self, node: Any, scope: Scope) -> tuple[str, Relation]:
        """Return the name and the relation of one item of FROM."""
        name, columns = alias_of(node, self._reading)
        if isinstance(node, exp.Subquery):
            return name, named_as(self._query(node, scope), columns)
        if isinstance(node, exp.Summarize):
            return name, summary(node, scope, self._query)
        if isinstance(node, exp.Values):
            return name, named_as(self.values(node, scope), columns)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return name, named_as(self._query(node.this, scope), columns)
        if isinstance(node, exp.Table):
            own, relation = self.table(node, scope)
            relation = relation or by_text(node, scope, self._reading, self._query)
            if relation is not None:
                return name or own, named_as(relation, columns)
        if isinstance(node, exp.Query):
            return name, named_as(self._query(node, scope), columns)
        return name, unnested(node, name, columns, scope, self._expressions)

    def table(self, node: Any, scope: Scope) -> tuple[str, Relation | None]:
        """Return the name and the relation of a table, a file, a view or a CTE; None for a function."""
        names = self._reading.names
        file = file_of(node, names.dialect)
        if file is not None:
            self._reading.catalogue.by_literals = True
            return "", self._reading.table(file)
        if not isinstance(node.this, (exp.Identifier, exp.Parameter)) and node.this.key != "dynamicidentifier":
            return "", None
        own = names.alias(node.this)
        if not node.args.get("db") and own in scope.ctes:
            return own, scope.ctes[own]
        name = self._reading.name_of(node)
        view = self._reading.catalogue.view(name)
        if isinstance(view, Relation):
            self._reading.reads.update(dict.fromkeys(view.tables))
            return own, view
        if view is not None:
            return own, self._view(name, view)
        return own, self._reading.table(name)

    def _view(self, name: str, tree: Any) -> Relation:
        """Return a view by its definition, which sees nothing of the statement around it."""
        catalogue = self._reading.catalogue
        catalogue.views[name] = None  # a view that names itself is a table, as far as can be told
        relation = self._query(tree, Scope(self._reading, {}))
        listed = catalogue.columns(name) or ()
        if not relation.is_open and len(listed) == len(relation.columns):
            relation = named_as(relation, listed)
        catalogue.views[name] = relation
        return relation

    def values(self, node: Any, scope: Scope) -> Relation:
        """Return the relation of VALUES."""
        found: list[Value] = []
        for row in node.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            for at, cell in enumerate(cells):
                if at == len(found):
                    found.append(Value())
                if not isinstance(cell, exp.Literal):
                    found[at].take(self._expressions.value(cell, scope))
        return Relation((f"column{at + 1}", value) for at, value in enumerate(found))

    def join(self, join: Any, scope: Scope, rows: dict[Influence, None]) -> None:
        """Put what is joined into a scope, with what the join decides on."""
        before = list(scope.sources.values())
        joined(join, before, self.add(join.this, scope, rows), scope, rows, self._expressions)


def put(scope: Scope, name: str, relation: Relation) -> None:
    """Put a relation into a scope, under a name that nothing has where it has none of its own."""
    key, again = name, 1
    while not key or key in scope.sources:
        key, again = f"{name} {again}", again + 1
    scope.sources[key] = relation


def alias_of(node: Any, reading: Reading) -> tuple[str, list[str]]:
    """Return the alias of an item of FROM, and the names that it gives its columns."""
    alias = node.args.get("alias")
    if not isinstance(alias, exp.TableAlias):
        return "", []
    name = reading.names.alias(alias.this) if alias.args.get("this") is not None else ""
    columns = [one.this if isinstance(one, exp.ColumnDef) else one for one in alias.args.get("columns") or ()]
    return name, [reading.names.column(one) for one in columns]


def _pivot_alias(node: Any, scope: Scope) -> tuple[str, list[str]]:
    pivots = node.args.get("pivots")
    return alias_of(pivots[-1], scope.reading) if pivots else ("", [])


def _is_parentheses(node: Any) -> bool:
    """Return whether a node is a join in parentheses, whose tables keep their names outside."""
    return isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.args.get("alias")
