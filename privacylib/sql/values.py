"""What a value depends on: the algebra behind column edges."""

from collections.abc import Iterable
from typing import TypeAlias

from privacylib.sql.edges import Dependence

__all__ = ["AGGREGATED", "CLEAR", "IDENTICAL", "KINDS", "TRANSFORMED", "Influence", "Pair", "Value", "both_ways"]

Pair: TypeAlias = tuple[str, str]
"""A column by table and name."""

Influence: TypeAlias = tuple[Pair, Dependence]
"""A column and the way in which it decides on rows or values."""

IDENTICAL, TRANSFORMED, AGGREGATED = 0, 2, 4
"""How much a value is changed on its way, as a number to which `CLEAR` is added where it is not masked."""

CLEAR = 1

KINDS = (Dependence.IDENTITY, Dependence.TRANSFORMATION, Dependence.AGGREGATION)
"""Kinds by half the number."""


def both_ways(one: int, other: int) -> int:
    """Return what two ways from a column come to: the more changed one counts, and it is masked where both are."""
    return max(one & ~CLEAR, other & ~CLEAR) | ((one | other) & CLEAR)


_CODES = range(AGGREGATED + CLEAR + 1)
_BOTH = [[both_ways(one, other) for other in _CODES] for one in _CODES]
_AFTER = [[max(code & ~CLEAR, change & ~CLEAR) | (code & change & CLEAR) for code in _CODES] for change in _CODES]
"""Looked up, as statements of many columns come to millions of pairs: what two ways come to, and one after a change."""


class Value:
    """Hold what a value depends on.

    Args:
        direct: How much each column that it is made of is changed.
        indirect: Columns that decide on it.
    """

    __slots__ = ("direct", "indirect", "parts")

    def __init__(self, direct: dict[Pair, int] | None = None, indirect: dict[Influence, None] | None = None) -> None:
        self.direct: dict[Pair, int] = {} if direct is None else direct
        self.indirect: dict[Influence, None] = {} if indirect is None else indirect
        self.parts: dict[str, Value] | None = None
        """Values of its parts, where it is built of named ones."""

    def take(self, other: "Value", change: int = IDENTICAL | CLEAR) -> None:
        """Add what another value depends on, after a change on the way."""
        direct, after = self.direct, _AFTER[change]
        if direct:
            known = direct.get
            for pair, code in other.direct.items():
                was = known(pair)
                direct[pair] = after[code] if was is None else _BOTH[was][after[code]]
        else:
            direct.update({pair: after[code] for pair, code in other.direct.items()})
        self.indirect.update(other.indirect)

    def add(self, pair: Pair, code: int) -> None:
        """Add a way from a column."""
        known = self.direct.get(pair)
        self.direct[pair] = code if known is None else _BOTH[known][code]

    def changed(self, change: int) -> "Value":
        """Return what this value is after a change."""
        value = Value()
        value.take(self, change)
        return value

    def part(self, name: str) -> "Value":
        """Return what a part of a structured value depends on."""
        whole = self.parts.get(name, self) if self.parts else self
        return whole.changed(TRANSFORMED | CLEAR)

    def decides(self, by: Dependence) -> Iterable[Influence]:
        """Yield that everything behind this value decides on something."""
        for pair in self.direct:
            yield pair, by
        for pair, _ in self.indirect:
            yield pair, by

    def same(self, other: "Value") -> bool:
        """Return whether another value depends on the same."""
        return self.direct == other.direct and self.indirect.keys() == other.indirect.keys()
