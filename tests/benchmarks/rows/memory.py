"""Resident memory after many operations, and after many distinct assets."""

import json
import os
import resource
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

import privacylib
from tests.benchmarks.model import Goal, Line, Size
from tests.benchmarks.rows.decorated import ours, spans
from tests.benchmarks.settings import PURPOSE, governed, tracing
from tests.benchmarks.worker import told

__all__ = ["ROWS"]

QUICK = 500

Each = Callable[[int], object]


def resident() -> float:
    """Return the resident set in MB."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS: its peak, in bytes


def operations(number: int) -> None:
    """Read and write what was read and written before."""
    del number
    ours()


def assets(number: int) -> None:
    """Read and write assets that were never seen before."""
    with privacylib.scope("item", fresh=True), privacylib.zone(PURPOSE):
        with privacylib.read(f"postgres://db:5432/app.public.t{_word(number)}"):
            pass
        with privacylib.write(f"file:///var/log/l{_word(number)}.jsonl"):
            pass


def _word(number: int) -> str:
    """Return a name of letters: numbers are templated, and would be one asset."""
    return str(number).translate(str.maketrans("0123456789", "bcdfghjklm"))


@contextmanager
def privacy(work: Each) -> Generator[Each]:
    """Governed, in a zone."""
    with governed(), privacylib.zone(PURPOSE):
        yield work


@contextmanager
def opentelemetry(work: Each) -> Generator[Each]:
    """Two spans, whatever the work is."""
    del work
    with tracing() as provider:
        pair, _ = spans(provider.get_tracer("bench"))

        def each(number: int) -> None:
            del number
            pair()

        yield each


WORK: dict[str, Each] = {"operations": operations, "assets": assets}
SIDES = {"privacylib": privacy, "opentelemetry": opentelemetry}


def main(who: str, what: str, times: str) -> None:
    """Work, and print the resident set in MB: before, after half of it and after all."""
    half, found = int(times) // 2, [resident()]
    with SIDES[who](WORK[what]) as each:
        for first in (0, half):
            for number in range(first, first + half):
                each(number)
            found.append(resident())
    sys.stdout.write(json.dumps(found))


@frozen
class Memory:
    """Measure the memory of processes that work.

    Args:
        name: The row.
        what: Which work.
    """

    name: str
    what: str

    def lines(self, size: Size) -> list[Line]:
        """Measure it."""
        number = QUICK if size.quick else size.operations if self.what == "operations" else size.assets
        ours, theirs = (self._measured(who, number) for who in SIDES)
        lines: list[Line] = []
        for since, which, most in ((0, "", 64), (1, ", the second half", 4)):
            what = f"resident memory gained by {number:,} {self.what}{which}"
            gained, other = ours[2] - ours[since], theirs[2] - theirs[since]
            lines.append(Line(self.name, what, "MB", gained, "OpenTelemetry SDK", other, None, Goal(most=most)))
        return lines

    def _measured(self, who: str, number: int) -> list[float]:
        return told(__name__, who, self.what, str(number))


ROWS = (Memory("memory", "operations"), Memory("memory-assets", "assets"))

if __name__ == "__main__":
    main(*sys.argv[1:])
