"""Hold edges against the truth: run a statement, change one column's values, and see which outputs change.

Whatever changes must be reachable by an edge from the changed column. An edge to `*` explains any change: of the rows,
their number or their order. Data is small, made from a seed, and takes its values from a few and from the literals of
the statement, so that joins meet and conditions decide.

`python -m tests.sql.workload DIRECTORY` does it for the queries of a directory.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from attrs import define, field, frozen

from tests.sql.corpus import Edge, Schema

__all__ = ["Database", "Truth", "truth"]

Row = tuple[Any, ...]
Node = tuple[str, str]
LITERAL = re.compile(r"'([^']*)'|(?<![\w.])(\d+)(?![\w.])")
ROWS = 9


@frozen
class Outcome:
    """What a statement gave: the rows of every output, with the names of their columns."""

    outputs: Mapping[str, tuple[tuple[str, ...], tuple[Row, ...]]]


@define
class Truth:
    """What was seen of a statement.

    Args:
        changes: How often a value was changed and the statement run again.
        violations: A changed column and an output that changed although no edge leads there.
        witnessed: Edges (source, sink) that some change has shown.
    """

    changes: int = 0
    violations: set[tuple[Node, Node]] = field(factory=set[tuple[Node, Node]])
    witnessed: set[tuple[Node, Node]] = field(factory=set[tuple[Node, Node]])


@cache
def _link() -> Any:
    import duckdb

    link = duckdb.connect(config={"threads": 1})
    link.execute("SET scalar_subquery_error_on_multiple_rows = false; SET enable_external_access = false")
    return link


class Database:
    """An in-memory DuckDB whose tables are filled from a seed.

    Args:
        schema: Columns and their types by table.
        text: The statement, for its literals.
        views: Definitions of views by name.
        seed: Where the values come from.
        likely: Values that columns are compared with, by the name of the column.
    """

    def __init__(
        self,
        schema: Schema,
        text: str,
        views: Mapping[str, str],
        seed: int,
        likely: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.likely = likely or {}
        self.random = random.Random(seed)  # noqa: S311 - test data
        found = LITERAL.findall(text)
        self.texts = ["a", "b", "DE", *{word for word, _ in found}]
        self.numbers = [0, 1, 2, 3, 40, *{int(number) for _, number in found if number and len(number) < 5}]
        if likely is not None:  # what no condition names are keys: a few values, so that joins of many tables meet
            self.texts, self.numbers = ["a", "b"], [1, 2]
        self.schema = schema
        self.rows = {name: [self._row(of) for _ in range(ROWS)] for name, of in schema.items()}
        self.link: Any = _link()
        self.link.execute("ATTACH ':memory:' AS shop; USE shop")
        for name in schema:
            for above in name.split(".")[:-1]:
                self.link.execute(f'CREATE SCHEMA IF NOT EXISTS "{above}"')
            self.fill(name, self.rows[name])
        for name, query in views.items():
            self.link.execute(f'CREATE VIEW "{name}" AS {query}')

    def close(self) -> None:
        self.link.execute("USE memory; DETACH shop")

    def fill(self, table: str, rows: Sequence[Row]) -> None:
        """Make a table anew from rows."""
        quoted = ".".join(f'"{part}"' for part in table.split("."))
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.schema[table].items())
        places = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in rows)
        self.link.execute(f"CREATE OR REPLACE TABLE {quoted} ({columns})")
        self.link.execute(f"INSERT INTO {quoted} VALUES {places}", [value for row in rows for value in row])

    def changed(self, table: str, column: int) -> list[Row]:
        """Return the table's rows with other values in one column, in some rows or all."""
        name, kind = list(self.schema[table].items())[column]
        share = self.random.choice((0.3, 1.0))
        return [
            (*row[:column], self._value(name, kind), *row[column + 1 :]) if self.random.random() < share else row
            for row in self.rows[table]
        ]

    def _row(self, columns: Mapping[str, str]) -> Row:
        return tuple(self._value(name, kind) for name, kind in columns.items())

    def _value(self, name: str, kind: str) -> Any:
        pick = self.random.choice
        if self.random.random() < 0.08:
            return None
        fitting = [value for value in self.likely.get(name, ()) if fits(value, kind)]
        if fitting and self.random.random() < 0.85:
            return pick(fitting)
        if kind == "int":
            return pick(self.numbers)
        if kind == "double":
            return pick(self.numbers) + pick((0, 0.5))
        if kind in ("date", "timestamp"):
            return f"20{pick((23, 24))}-0{pick((1, 2))}-0{pick((1, 2, 3))}"
        if kind.endswith("[]"):
            return [pick(self.texts) for _ in range(pick((0, 1, 2, 2, 3)))]
        if kind == "json":
            return json.dumps(
                {"kind": pick(self.texts), "email": pick(self.texts), "user": {"email": pick(self.texts)}}
            )
        return pick(self.texts)

    def run(self, statements: Sequence[str], written: Iterable[str]) -> Outcome:
        """Run statements, read what they wrote, and put everything back."""
        outputs: dict[str, tuple[tuple[str, ...], tuple[Row, ...]]] = {}
        for statement in statements:
            found = self.link.execute(statement)
            names = tuple(column[0] for column in found.description or ())
            if names not in ((), ("Count",), ("Success",)):
                outputs[""] = names, tuple(found.fetchall())
        for table in written:
            found = self.link.execute(f'SELECT * FROM "{table}"')
            outputs[table] = tuple(column[0] for column in found.description), tuple(found.fetchall())
        return Outcome(outputs)


def fits(value: str, kind: str) -> bool:
    """Return whether a literal can be a value of a type."""
    if kind in ("int", "double"):
        return value.replace(".", "", kind == "double").isdigit()
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) if kind in ("date", "timestamp") else True


def truth(
    database: Database, text: str, edges: frozenset[Edge], tables: Iterable[str], written: Iterable[str], times: int
) -> Truth:
    """Change every column of some tables, some times each, and compare what the statement gives.

    Raises:
        duckdb.Error: The statement cannot be run.
        ValueError: It gives another result each time.
    """
    statements = [part.query for part in database.link.extract_statements(text)]
    before = _attempt(database, statements, written)
    if before is None or before != _attempt(database, statements, written):
        raise ValueError("cannot be run twice")
    seen = Truth()
    for table in tables:
        for place, column in enumerate(database.schema[table]):
            allowed = reached((table, column), edges)
            for _ in range(times):
                rows = database.changed(table, place)
                after = _attempt(database, statements, written, (table, rows))
                if after is not None:
                    seen.changes += 1
                    _compare((table, column), before, after, allowed, seen)
    return seen


def _attempt(
    database: Database, statements: Sequence[str], written: Iterable[str], change: tuple[str, list[Row]] | None = None
) -> Outcome | None:
    """Run inside a transaction that is undone; nothing where changed data make the statement fail."""
    import duckdb

    database.link.execute("BEGIN")
    try:
        if change:
            database.fill(*change)
        return database.run(statements, written)
    except duckdb.Error:
        if change is None:
            raise
        return None
    finally:
        database.link.execute("ROLLBACK")


def reached(source: Node, edges: frozenset[Edge]) -> frozenset[Node]:
    """Return what edges lead to from a column, by one or several; itself too, for it may be read back."""
    found = {source}
    while True:
        more = {edge.sink for edge in edges if _touches(edge.source, found)} - found
        if not more:
            return frozenset(found)
        found |= more


def _touches(source: Node, found: set[Node]) -> bool:
    table, name = source
    every = table != "" and ((table, "*") in found or (name == "*" and any(other == table for other, _ in found)))
    return source in found or every


def _compare(source: Node, before: Outcome, after: Outcome, allowed: frozenset[Node], seen: Truth) -> None:
    for output, (names, rows) in before.outputs.items():
        others = after.outputs[output][1]
        for place, name in enumerate(names):
            if _bag(rows, (place,)) != _bag(others, (place,)):
                seen.witnessed.add((source, (output, name.lower())))
        if rows != others:
            seen.witnessed.add((source, (output, "*")))
        free = {name.lower() for table, name in allowed if table == output}
        if "*" in free:
            continue
        kept = [place for place, name in enumerate(names) if name.lower() not in free]
        if _bag(rows, kept) != _bag(others, kept):
            changed = [names[place] for place in kept if _bag(rows, (place,)) != _bag(others, (place,))] or ["*"]
            seen.violations |= {(source, (output, name)) for name in changed}


def _bag(rows: Sequence[Row], places: Sequence[int]) -> Counter[str]:
    return Counter(repr([row[place] for place in places]) for row in rows)
