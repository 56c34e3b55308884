"""Print how right column lineage is, ours and the peers', for each category of the corpus.

Run as `python -m tests.sql.accuracy`. `all` counts edges with their kinds, direct and indirect; the others count direct
(source, sink) pairs, which is what the peers tell: a pair that holds indirectly is not held against anyone there.
`=` are exact statements; P and R are precision and recall of edges.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from importlib.util import find_spec

from attrs import define

from tests.sql.corpus import Case, cases
from tests.sql.peers import PEERS, Pair, pairs, plain
from tests.sql.tools import ours


@define
class Score:
    """Count what a tool said of some cases."""

    cases: int = 0
    exact: int = 0
    expected: int = 0
    found: int = 0
    right: int = 0
    seconds: float = 0.0

    def add(self, expected: frozenset[Hashable], found: frozenset[Hashable], seconds: float) -> None:
        self.cases += 1
        self.exact += expected == found
        self.expected += len(expected)
        self.found += len(found)
        self.right += len(expected & found)
        self.seconds += seconds

    def __str__(self) -> str:
        return f"{self.exact:4d} {_share(self.right, self.found)} {_share(self.right, self.expected)}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:3.0f}" if whole else "  -"


def all_edges(case: Case) -> frozenset[Hashable]:
    """Ask for everything that a case expects of us, its marks too."""
    found = ours(case)
    return frozenset({*found.edges, ("complete", found.complete), ("opaque", found.opaque)})


def expected_edges(case: Case) -> frozenset[Hashable]:
    """Return what `all_edges` should."""
    return frozenset({*case.edges, ("complete", case.complete), ("opaque", case.opaque)})


def direct(case: Case) -> frozenset[Pair]:
    """Ask this library what the peers are asked."""
    return frozenset((plain(*edge.source), plain(*edge.sink)) for edge in ours(case).edges if edge.direct)


def peer(ask: Callable[[Case], frozenset[Pair]]) -> Callable[[Case], frozenset[Hashable]]:
    """Leave out what a case has as an indirect dependence alone: tools without kinds tell some of these too."""

    def direct_only(case: Case) -> frozenset[Hashable]:
        return ask(case) - (pairs(case, direct=False) - pairs(case))

    return direct_only


TOOLS: dict[str, tuple[Callable[[Case], frozenset[Hashable]], Callable[[Case], frozenset[Hashable]]]] = {
    "ours, all": (all_edges, expected_edges),
    "ours": (peer(direct), pairs),
    **{name: (peer(ask), pairs) for name, ask in PEERS.items()},
}


def asked(ask: Callable[[Case], frozenset[Hashable]], case: Case) -> frozenset[Hashable]:
    try:
        return ask(case)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a tool that fails has no answer, and one of them panics
        return frozenset({("failed", "")}) if case.edges else frozenset()


def main() -> None:
    """Ask every tool about every case."""
    absent = [name for name in PEERS if find_spec(name.replace("-", "_")) is None]
    if absent:  # what is not there would be counted as wrong
        sys.exit(f"not installed: {', '.join(absent)}: pip install -e '.[bench]'")
    every = cases()
    table: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    missed: list[str] = []
    for case in every:
        for name, (ask, truth) in TOOLS.items():
            began = time.process_time()
            found = asked(ask, case)
            seconds = time.process_time() - began
            for row in (case.category, "together"):
                table[row][name].add(truth(case), found, seconds)
            if name == "ours, all" and found != truth(case):
                missed.append(case.id)
    _print(table, missed)


def _print(table: dict[str, dict[str, Score]], missed: list[str]) -> None:
    out = sys.stdout.write
    out(f"{'':16} cases " + " ".join(f"{name:>15}" for name in TOOLS) + "\n")
    out(f"{'':16}       " + " ".join(f"{'=   P   R':>15}" for _ in TOOLS) + "\n")
    for row in [*sorted(table.keys() - {"together"}), "together"]:
        of = table[row]
        out(f"{row:16} {of['ours'].cases:5d} " + " ".join(f"{of[name]!s:>15}" for name in TOOLS) + "\n")
    whole = table["together"]
    out(f"{'CPU ms a statement':22} " + " ".join(f"{1000 * s.seconds / s.cases:15.2f}" for s in whole.values()) + "\n")
    out(f"\nnot exact: {len(missed)} of {whole['ours'].cases}\n" + "".join(f"  {name}\n" for name in missed))


if __name__ == "__main__":
    main()
