"""What a value depends on: the algebra behind column edges."""

from collections.abc import Iterable
from typing import TypeAlias

from privacylib.sql.edges import Dependence

__all__ = ["AGGREGATED", "CLEAR", "IDENTICAL", "KINDS", "TRANSFORMED", "Influence", "Pair", "Value", "row_of"]

Pair: TypeAlias = tuple[str, str]
"""A column by table and name."""

Influence: TypeAlias = tuple[Pair, Dependence]
"""A column and the way in which it decides on rows or values."""

IDENTICAL, TRANSFORMED, AGGREGATED = 0, 2, 4
"""How much a value is changed on its way, as a number to which `CLEAR` is added where it is not masked."""

CLEAR = 1

KINDS = (Dependence.IDENTITY, Dependence.TRANSFORMATION, Dependence.AGGREGATION)
"""Kinds by half the number."""


class Value:
    """Hold what a value depends on.

    Args:
        direct: How much each column that it is made of is changed.
        indirect: Columns that decide on it.
    """

    __slots__ = ("direct", "indirect")

    def __init__(self, direct: dict[Pair, int] | None = None, indirect: dict[Influence, None] | None = None) -> None:
        self.direct: dict[Pair, int] = {} if direct is None else direct
        self.indirect: dict[Influence, None] = {} if indirect is None else indirect

    def take(self, other: "Value", change: int = IDENTICAL | CLEAR) -> None:
        """Add what another value depends on, after a change on the way."""
        direct, clear = self.direct, change & CLEAR
        for pair, code in other.direct.items():
            self.put(direct, pair, max(code & ~CLEAR, change & ~CLEAR) | (code & clear))
        self.indirect.update(other.indirect)

    def add(self, pair: Pair, change: int) -> None:
        """Add one column that it is made of."""
        self.put(self.direct, pair, change)

    @staticmethod
    def put(direct: dict[Pair, int], pair: Pair, code: int) -> None:
        """Add a way from a column: of several the most changed counts, and it is masked where all of them are."""
        known = direct.get(pair)
        direct[pair] = code if known is None else max(known & ~CLEAR, code & ~CLEAR) | ((known | code) & CLEAR)

    def decides(self, by: Dependence) -> Iterable[Influence]:
        """Return that everything behind this value decides on something."""
        for pair in self.direct:
            yield pair, by
        for pair, _ in self.indirect:
            yield pair, by

    def same(self, other: "Value") -> bool:
        """Return whether another value depends on the same."""
        return self.direct == other.direct and self.indirect.keys() == other.indirect.keys()


def row_of(table: str) -> Pair:
    """Return what stands for every row of a table."""
    return table, "*"
