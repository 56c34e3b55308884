"""Make up queries from a seed: joins, subqueries everywhere, CTEs, groups, windows, set operations, conditionals."""

from random import Random

from attrs import define, field

__all__ = ["TABLES", "query"]

TABLES = {
    "people": {"id": "int", "age": "int", "name": "text", "mail": "text"},
    "sales": {"id": "int", "who": "int", "sum_of": "int", "state": "text"},
    "notes": {"id": "int", "who": "int", "body": "text"},
}

Columns = list[tuple[str, str]]
"""Expressions or names that can be used, with their types."""


@define
class Maker:
    """Make queries from one source of chance.

    Args:
        chance: Where choices come from.
        ctes: What stands in WITH so far: its name, its columns.
    """

    chance: Random
    ctes: list[tuple[str, Columns]] = field(factory=list[tuple[str, Columns]])
    names: int = 0

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def name(self) -> str:
        self.names += 1
        return f"x{self.names}"

    def source(self, depth: int) -> tuple[str, Columns]:
        """Return an item of FROM, and the columns that it offers under its alias."""
        alias = self.name()
        if depth and self.often(0.35):
            text, columns = self.select(depth - 1)
            return f"({text}) AS {alias}", [(f"{alias}.{name}", kind) for name, kind in columns]
        if self.ctes and self.often(0.4):
            table, columns = self.chance.choice(self.ctes)
        else:
            table = self.chance.choice(list(TABLES))
            columns = list(TABLES[table].items())
        return f"{table} AS {alias}", [(f"{alias}.{name}", kind) for name, kind in columns]

    def value(self, columns: Columns, kind: str, depth: int) -> str:
        """Return an expression of a type over columns."""
        fitting = [text for text, of in columns if of == kind] or (["1"] if kind == "int" else ["'a'"])
        one, other = self.chance.choice(fitting), self.chance.choice(fitting)
        if not depth or self.often(0.45):
            return one
        ways = [
            f"CASE WHEN {self.condition(columns, depth - 1)} THEN {one} ELSE {other} END",
            f"coalesce({one}, {other})",
            f"nullif({one}, {other})",
            f"({one} + {other})" if kind == "int" else f"upper({one} || {other})",
            self.scalar(columns, kind, depth - 1),
        ]
        return self.chance.choice(ways)

    def scalar(self, outer: Columns, kind: str, depth: int) -> str:
        item, columns = self.source(depth)
        where = f" WHERE {self.condition(columns + outer, 0)}" if self.often(0.7) else ""
        return f"(SELECT max({self.value(columns, kind, 0)}) FROM {item}{where})"

    def condition(self, columns: Columns, depth: int) -> str:
        kind = self.chance.choice(("int", "text"))
        left, right = self.value(columns, kind, depth), self.value(columns, kind, 0)
        ways = [f"{left} = {right}", f"{left} > {'1' if kind == 'int' else chr(39) + 'a' + chr(39)}", f"{left} IS NULL"]
        if depth:
            item, inner = self.source(depth - 1)
            ways.append(f"{left} IN (SELECT {self.value(inner, kind, 0)} FROM {item})")
            ways.append(f"EXISTS (SELECT 1 FROM {item} WHERE {self.condition(inner + columns, 0)})")
        return self.chance.choice(ways)

    def froms(self, depth: int) -> tuple[str, Columns]:
        text, columns = self.source(depth)
        if not self.often(0.5):
            return text, columns
        other, more = self.source(depth)
        both = columns + more
        join = self.chance.choice(("JOIN", "LEFT JOIN", "CROSS JOIN", "FULL JOIN"))
        on = "" if join == "CROSS JOIN" else f" ON {self.value(columns, 'int', 0)} = {self.value(more, 'int', 0)}"
        return f"{text} {join} {other}{on}", both

    def select(self, depth: int, kinds: list[str] | None = None) -> tuple[str, Columns]:
        """Return a SELECT, or several in a set operation, and its columns."""
        kinds = kinds or [self.chance.choice(("int", "text")) for _ in range(self.chance.choice((1, 2, 3)))]
        text, columns = self.plain(depth, kinds)
        if depth and self.often(0.2):
            word = self.chance.choice(("UNION", "UNION ALL", "EXCEPT", "INTERSECT"))
            text = f"{text} {word} {self.plain(depth - 1, kinds)[0]}"
        return text, columns

    def plain(self, depth: int, kinds: list[str]) -> tuple[str, Columns]:
        item, columns = self.froms(depth)
        where = f" WHERE {self.condition(columns, depth)}" if self.often(0.4) else ""
        if self.often(0.3):
            values, tail = self.grouped(columns, kinds)
        else:
            values, tail = [self.shown(columns, kind, depth) for kind in kinds], ""
        names = [self.name() for _ in kinds]
        shown = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=True))
        distinct = "DISTINCT " if not tail and self.often(0.1) else ""
        return f"SELECT {distinct}{shown} FROM {item}{where}{tail}", list(zip(names, kinds, strict=True))

    def shown(self, columns: Columns, kind: str, depth: int) -> str:
        if self.often(0.12):
            part, order = self.value(columns, "text", 0), self.value(columns, "int", 0)
            return f"max({self.value(columns, kind, 0)}) OVER (PARTITION BY {part} ORDER BY {order})"
        return self.value(columns, kind, depth)

    def grouped(self, columns: Columns, kinds: list[str]) -> tuple[list[str], str]:
        key = self.value(columns, kinds[0], 0)
        values = [key, *(f"{self.chance.choice(('min', 'max'))}({self.value(columns, kind, 1)})" for kind in kinds[1:])]
        having = f" HAVING count({self.value(columns, 'int', 0)}) > 1" if self.often(0.3) else ""
        return values, f" GROUP BY {key}{having}"


def query(seed: int) -> str:
    """Return a query over `TABLES` that DuckDB runs, nearly always."""
    maker = Maker(Random(seed))  # noqa: S311 - test data
    parts: list[str] = []
    for _ in range(maker.chance.choice((0, 0, 1, 2))):
        text, columns = maker.select(1)
        name = maker.name()
        parts.append(f"{name} AS ({text})")
        maker.ctes.append((name, columns))
    text, _ = maker.select(2)
    return f"WITH {', '.join(parts)} {text}" if parts else text
