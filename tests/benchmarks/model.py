"""What a benchmark is made of: sides that do work, goals, and lines of the table."""

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import field, frozen

__all__ = ["NOTHING", "Goal", "Line", "Row", "Size", "Work"]


def NOTHING() -> None:  # noqa: N802 - a default that reads as the word it is
    """Wait for nothing."""


@frozen
class Work:
    """Hold what one side of a comparison does.

    Args:
        run: Does it n times. Returns seconds where those of the calling thread are not what counts.
        settle: Waits for what the background does on its behalf.
    """

    run: Callable[[int], float | None]
    settle: Callable[[], object] = NOTHING


@frozen
class Size:
    """Say how much is done.

    Args:
        quick: Whether it is only to be shown that everything runs.
        rounds: Times that each side takes its turn.
        operations: Operations after which memory is measured.
        assets: Distinct assets after which memory is measured.
    """

    quick: bool = False
    rounds: int = 21
    operations: int = 200_000
    assets: int = 20_000


@frozen
class Goal:
    """Say what is reached: any of the limits that are named.

    Args:
        ratio: Most that ours may be of the peer's.
        most: Most that ours may be, in the line's unit.
        least: Least that ours must be.
    """

    ratio: float | None = None
    most: float | None = None
    least: float | None = None

    def met(self, ours: float, peer: float | None) -> bool | None:
        """Return whether it is reached; None where the peer is missing and nothing else is asked."""
        if self.ratio is None and self.most is None and self.least is None:
            return None
        if self.least is not None:
            return ours >= self.least
        if self.most is not None and ours <= self.most:
            return True
        if self.ratio is None:
            return False
        return None if peer is None else ours <= self.ratio * peer

    def __str__(self) -> str:
        parts: list[str] = []
        if self.ratio is not None:
            parts.append(f"≤ 1/{1 / self.ratio:.0f}" if self.ratio < 1 else f"≤ {self.ratio:g} x")
        if self.most is not None:
            parts.append(f"≤ {self.most:g}")
        if self.least is not None:
            parts.append(f"≥ {self.least:g}")
        return " or ".join(parts) or "-"


@frozen
class Line:
    """Hold one line of the table.

    Args:
        row: Name of the row.
        what: What is measured.
        unit: Unit of `ours` and `peer`.
        ours: The median of all rounds.
        peer_name: What stands beside it.
        peer: Its median; None where it is not installed.
        ratio: Median of the ratios of the rounds; None where there is none.
        goal: What was promised.
        ours_rounds: Each round, in the order of the run.
        peer_rounds: The same for the peer.
        note: What else there is to say.
    """

    row: str
    what: str
    unit: str
    ours: float
    peer_name: str = ""
    peer: float | None = None
    ratio: float | None = None
    goal: Goal = Goal()
    ours_rounds: Sequence[float] = field(factory=tuple[float, ...])
    peer_rounds: Sequence[float] = field(factory=tuple[float, ...])
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met; None where that cannot be told.

        Where both are timed, the ratio of the rounds counts, and not that of the medians.
        """
        peer = self.ours / self.ratio if self.ratio and self.ratio > 0 else self.peer
        return self.goal.met(self.ours, peer)


class Row(Protocol):
    """One thing that is measured."""

    @property
    def name(self) -> str:
        """Return the word that chooses it on the command line."""
        ...

    def lines(self, size: Size) -> list[Line]:
        """Measure it."""
        ...
