"""What all statements that write have in common."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.files import file_named, file_of
from privacylib.sql.queries.columns import Queries
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.queries.projections import projected
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.text.parsing import parsed
from privacylib.sql.values import Influence, Value

__all__ = ["Rule", "Writing"]


class Writing:
    """Read one statement that writes.

    Args:
        reading: The statement.
        queries: Reads the queries in it.
    """

    __slots__ = ("queries", "reading")

    def __init__(self, reading: Reading, queries: Queries) -> None:
        self.reading = reading
        self.queries = queries

    @property
    def expressions(self) -> Expressions:
        """Return what reads expressions."""
        return self.queries.expressions

    def inside(self, tree: Any, scope: Scope) -> Scope:
        """Return the scope of a statement, which knows what it names in WITH."""
        return Scope(self.reading, self.queries.named(tree, scope), scope)

    def sink(self, table: Any) -> str:
        """Return the name of a table or file that is written."""
        file = (
            file_named(table.this.name)
            if isinstance(table, exp.Directory)
            else file_of(table, self.reading.names.dialect)
        )
        if file is not None:
            self.reading.catalogue.by_literals = True
        name = file or self.reading.name_of(table)
        self.reading.writes[name] = None
        return name

    def target(self, node: Any) -> tuple[Any, tuple[str, ...] | None]:
        """Return the table that is written, and the columns that are listed behind it."""
        if not isinstance(node, exp.Schema):
            return node, None
        columns = (one.this if isinstance(one, exp.ColumnDef) else one for one in node.expressions)
        return node.this, tuple(self.reading.names.column(one) for one in columns if isinstance(one, exp.Identifier))

    def put_target(self, table: Any, sink: str, scope: Scope, *more: str) -> None:
        """Let a scope use the columns of the table that is written, by its alias or name."""
        names = self.reading.names
        alias = table.args.get("alias")
        own = names.alias(alias.this if alias is not None else table.this)
        relation = self.reading.table(sink, target=True)
        scope.sources.update(dict.fromkeys((own, *more), relation))
        scope.bases[own] = sink

    def where(self, tree: Any, scope: Scope) -> dict[Influence, None]:
        """Return what the WHERE of a statement decides on."""
        clause = tree.args.get("where")
        return {} if clause is None else self.expressions.decides(clause.this, scope, Dependence.FILTER)

    def assign(self, assignments: Iterable[Any], sink: str, scope: Scope, *, of_target: Scope | None = None) -> None:
        """Read ``column = expression``, for one column or several in parentheses.

        Args:
            assignments: The nodes.
            sink: The table that is written, where a column does not name another.
            scope: What the expressions can use.
            of_target: Where the columns are looked up that name another table of the statement; else `scope`.
        """
        for one in assignments:
            if not isinstance(one, exp.EQ):
                continue
            if isinstance(one.this, exp.Tuple):
                self._assign_row(one, sink, scope)
            elif isinstance(one.this, exp.Column):
                value = self.expressions.value(one.expression, scope)
                self.reading.flow(value, self._sink_of(one.this, sink, of_target or scope), self._name(one.this))

    def _assign_row(self, node: Any, sink: str, scope: Scope) -> None:
        given = node.expression.unnest() if isinstance(node.expression, (exp.Subquery, exp.Paren)) else node.expression
        names = [self._name(one) for one in node.this.expressions if isinstance(one, exp.Column)]
        if isinstance(given, exp.Query):
            relation = self.queries.query(given, scope)
            for name, (_, value) in zip(names, relation.columns, strict=False):
                whole = Value()
                whole.take(value)
                whole.indirect.update(relation.rows)
                self.reading.flow(whole, sink, name)
            return
        for name, one in zip(names, given.expressions, strict=False):
            self.reading.flow(self.expressions.value(one, scope), sink, name)

    def _sink_of(self, column: Any, sink: str, scope: Scope) -> str:
        qualifier = column.args.get("table")
        if qualifier is None:
            return sink
        named = scope.bases.get(self.reading.names.alias(qualifier), sink)
        self.reading.writes[named] = None
        return named

    def _name(self, column: Any) -> str:
        return self.reading.names.column(column.this)

    def returned(self, tree: Any, table: Any, sink: str, scope: Scope, rows: dict[Influence, None]) -> Relation | None:
        """Read RETURNING or OUTPUT, and return what it hands out; None where there is none.

        Args:
            tree: The statement.
            table: The node of the table that is written.
            sink: Its name.
            scope: What the clause can use beside the table.
            rows: What decides on the rows that are written.
        """
        clause = tree.args.get("returning")
        if clause is None:
            return None
        inner = Scope(self.reading, scope.ctes, scope.outer)
        inner.sources.update(scope.sources)
        qualified = any(one.args.get("table") for one in clause.find_all(exp.Column))
        both = ("inserted", "deleted", "new", "old") if qualified else ()
        self.put_target(table, sink, inner, *(name for name in both if name not in inner.sources))
        found = projected(clause, inner, self.expressions, lateral=False)
        found.rows.update(rows)
        into = clause.args.get("into")
        if isinstance(into, exp.Expr):
            self.pour_into(into, found)
            return None
        return found

    def pour_into(self, node: Any, relation: Relation) -> None:
        """Read that what is handed out goes into a table."""
        if isinstance(node, exp.Func):  # the parser takes a table with a list of columns for a call
            dialect = self.reading.names.dialect
            node = parsed(f"INSERT INTO {node.sql(dialect)} SELECT 1", dialect).this
        table, names = self.target(exp.Table(this=node) if isinstance(node, exp.Identifier) else node)
        sink = self.sink(table)
        self.reading.pour(relation, sink, names or self.reading.catalogue.columns(sink))


Rule: TypeAlias = Callable[[Writing, Any, Scope], Relation | None]
"""Reads a statement of one kind, and returns what it hands out."""
