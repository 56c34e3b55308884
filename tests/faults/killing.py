"""Processes killed at random moments, those that export included; prints what became of what they recorded.

A program of its own, so that a fork copies little. In one way of it each process exports what it records, and what
others left; in the other none does, and `privacylib drain` exports it all, and is killed too.

    python -m tests.faults.killing SPOOL RECEIVED KILLS own|drain
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import count
from mmap import mmap
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

import privacylib
from privacylib import cli
from privacylib.exporters import lane
from privacylib.recorder import adopt, producers, room, segments, tallies
from tests.exporters.receiving import counted

__all__ = ["Receiving", "main"]

CAP, LEFT = 1 << 20, 5 << 17
NUMBER = Struct("<Q")
FACTS = ("producer", "flow", "sequence", "count", "part")


class Receiving(SpanExporter):
    """Append what arrives to a file, which stays when the process that called it is killed."""

    def __init__(self) -> None:
        self._file = os.open(os.environ["RECEIVED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take spans, by one write; it begins with the end of a line, which a kill may have left without one."""
        os.write(self._file, "".join(["\n", *(json.dumps(_facts(span)) + "\n" for span in spans)]).encode())
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Do nothing."""


def _facts(span: ReadableSpan) -> dict[str, Any]:
    attributes = span.attributes or {}
    names = (f"privacylib.{name}" for name in FACTS)
    return {name: attributes[name] for name in names if name in attributes}


def record(spool: Path, said: mmap, *, exporting: bool) -> NoReturn:
    """Record until the kill comes, and count what was recorded."""
    privacylib.init(service="web", spool=spool, exporter=Receiving() if exporting else None)
    for number in count(1):
        work(number)
        said[: NUMBER.size] = NUMBER.pack(number + number // 3)
    raise AssertionError


def work(number: int) -> None:
    """Record a write, and every third time a read before it."""
    with privacylib.scope("work"):
        if number % 3 == 0:
            with privacylib.read(f"file:///in{number % 5}"):
                pass
        with privacylib.write(f"file:///out{number % 7}"):
            pass


def warm_up() -> None:
    """Do it all once before the forks, so that no child spends its short life on imports."""
    with TemporaryDirectory() as spool:
        privacylib.init(service="web", spool=spool, exporter=ConsoleSpanExporter(out=StringIO()))
        work(3)
        privacylib.shutdown(30)


def drain(spool: Path, how: str) -> None:
    """Export as the command does."""
    sys.stderr = StringIO()
    cli.main(["drain", "--spool", str(spool), "--exporter", "tests.faults.killing:Receiving", how])


def forked(work: Callable[[], object]) -> int:
    """Do something in a child, and return its process id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def killed(child: int, longest: float, begun: Callable[[], bool] = lambda: True) -> None:
    """Kill a child a while after it has begun."""
    while not begun():
        time.sleep(0.001)
    time.sleep(random.uniform(0.001, longest))  # noqa: S311 - no secret
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), status


class Survey:
    """Count what is in a spool."""

    def __init__(self, spool: Path) -> None:
        found = list(producers(spool))
        self.recorded = sum(tally.count for producer in found for tally in tallies(producer).flows.values())
        self.refused = sum(sum(producer.refused.values()) for producer in found)
        self.corrupt = sum(producer.corrupt for producer in found)


def received(lines: Iterable[str]) -> tuple[int, int]:
    """Return how many operations a receiver counts that drops repeats, and how many spans came twice."""
    facts: list[dict[str, Any]] = [json.loads(line) for line in lines if line.endswith("}\n")]
    repeats = len(facts) - len({tuple(sorted(each.items())) for each in facts})
    return sum(counted(ReadableSpan("", attributes=each) for each in facts).values()), repeats


def main(spool: Path, file: Path, kills: int, way: str) -> None:
    """Kill, and tell what is left."""
    os.environ["RECEIVED"] = str(file)
    os.environ["PRIVACYLIB_SPOOL_MAX"] = str(CAP)
    # Small segments are filled, folded and removed within a short life.
    segments._FIRST_SEGMENT = 1 << 11  # pyright: ignore[reportPrivateUsage] - nothing else of it is set
    (spool / "ballast").mkdir(0o700, parents=True)
    (spool / "ballast" / "zeros").write_bytes(bytes(CAP - LEFT))  # room is scarce: everybody folds, and all the time
    room.MANY_PRODUCERS = 16
    lane.INTERVAL = 0.005
    warm_up()
    said, total, tally = mmap(-1, NUMBER.size), 0, Counter[str]()
    draining = forked(lambda: drain(spool, "--follow")) if way == "drain" else 0
    for number in range(kills):
        said[: NUMBER.size] = NUMBER.pack(0)
        recording = forked(lambda: record(spool, said, exporting=way == "own"))
        killed(recording, 0.2, (lambda: any(said[:])) if number % 10 else lambda: True)
        total += NUMBER.unpack(said[: NUMBER.size])[0]
        tally["recorders"] += 1
        if draining and random.random() < 0.5:  # noqa: S311 - no secret
            killed(draining, 0.02)
            draining = forked(lambda: drain(spool, "--follow"))
            tally["drains"] += 1
    if draining:
        killed(draining, 0.02)
    _end(spool)
    now = Survey(spool)
    arrived, repeats = received(file.open())
    adopt(spool)
    folded = Survey(spool)
    told = {
        "kills": dict(tally), "said": total, "recorded": now.recorded, "refused": now.refused, "corrupt": now.corrupt,
        "folded": folded.recorded, "received": arrived, "repeats": repeats,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told))


def _end(spool: Path) -> None:
    status = os.waitpid(forked(lambda: drain(spool, "--once")), 0)[1]
    assert status == 0, status


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
