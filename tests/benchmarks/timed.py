"""Rows that time work: every side takes its turn in each round, and ratios are those of one round."""

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Literal

from attrs import frozen

from tests.benchmarks.model import Goal, Line, Size
from tests.benchmarks.worker import Missing, Turn, Worker

__all__ = ["Against", "Timed"]

Cost = Literal["caller", "total"]
Side = tuple[str, ...]


@frozen
class Against:
    """Name a peer and what is promised beside it.

    Args:
        name: What the table calls it.
        side: How to set it up; None where the promise needs no peer.
        goal: What is promised.
        cost: CPU of the calling thread, or of the whole process with its background.
    """

    name: str
    side: Side | None
    goal: Goal
    cost: Cost = "caller"


@frozen
class Timed:
    """Time work beside peers.

    Args:
        name: The row.
        what: What is timed.
        ours: Our side.
        against: The peers.
        times: How often the work is done in one turn.
        bare: What is taken off both sides, as it is no part of either.
        quick: How often it is done where it is only to be shown that it runs.
        unit: Unit of the figures.
        scale: Such units in a microsecond.
        unloaded: Turns before the first that counts.
        often: Turns in place of one, each that much shorter; where a server answers, what the machine does beside it
            takes more than what is measured, and differences of short turns that follow each other show less of it.
        core: Whether all that a side starts stays on one core: a server that moves costs its client more than we do.
    """

    name: str
    what: str
    ours: Side
    against: Sequence[Against]
    times: int = 1_000
    bare: Side | None = None
    quick: int = 20
    unit: str = "µs"
    scale: float = 1.0
    unloaded: int = 2
    often: int = 1
    core: bool = False

    def lines(self, size: Size) -> list[Line]:
        """Measure it."""
        sides = {self.ours, *(() if self.bare is None else (self.bare,))}
        sides |= {peer.side for peer in self.against if peer.side is not None}
        with ExitStack() as stack:
            workers = {each: stack.enter_context(Worker(each, core=self.core)) for each in sorted(sides)}
            if size.quick:
                turns = _turns(workers, self.quick, size.rounds, self.unloaded)
            else:
                turns = _turns(workers, self.times // self.often, size.rounds * self.often, self.unloaded * self.often)
        return [self._line(peer, turns) for peer in self.against]

    def _line(self, peer: Against, turns: dict[Side, list[Turn]]) -> Line:
        ours = self._rounds(self.ours, peer.cost, turns)
        theirs = self._rounds(peer.side, peer.cost, turns) if peer.side in turns and peer.side else []
        ratios = [one / other for one, other in zip(ours, theirs, strict=False) if other > 0]
        return Line(
            row=self.name, what=self.what if peer.cost == "caller" else f"{self.what}, all CPU",
            unit=self.unit, ours=median(ours), peer_name=peer.name, peer=median(theirs) if theirs else None,
            ratio=median(ratios) if ratios else None, goal=peer.goal, ours_rounds=ours, peer_rounds=theirs,
            note="" if theirs or peer.side is None else "not installed",
        )  # fmt: skip

    def _rounds(self, side: Side, cost: Cost, turns: dict[Side, list[Turn]]) -> list[float]:
        """Return what each round took, on top of the bare work of the same round."""
        own = [getattr(turn, cost) * self.scale for turn in turns[side]]
        if self.bare is None:
            return own
        bare = [getattr(turn, cost) * self.scale for turn in turns[self.bare]]
        return [one - other for one, other in zip(own, bare, strict=True)]


def _turns(workers: dict[Side, Worker], times: int, rounds: int, unloaded: int) -> dict[Side, list[Turn]]:
    """Let the workers work in turns; those that lack something are left out."""
    found: dict[Side, list[Turn]] = {}
    for side, worker in workers.items():
        try:
            worker.ready()
        except Missing:
            continue
        found[side] = []
    for number in range(unloaded + rounds):
        sides = list(found.items())
        for side, kept in sides if number % 2 else reversed(sides):  # nobody always comes after the same one
            turn = workers[side].turn(times)
            if number >= unloaded:
                kept.append(turn)
    return found
