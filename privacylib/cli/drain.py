"""``privacylib drain``: export what processes recorded, from a process of its own."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from privacylib.cli import Subparsers
from privacylib.cli.graph import asked_spools, spool_argument, spools
from privacylib.errors import PrivacyError
from privacylib.exporters import detail_of, named
from privacylib.runtime import faults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from privacylib.exporters.holdings import Holdings
    from privacylib.exporters.lane import Lane

__all__ = ["add", "run"]

LOOK = 1.0
"""Seconds between two looks for further producers."""

TRIES = 5
"""Failures in a row after which ``--once`` ends."""

TIMEOUT = 60.0
"""Seconds that one call of an exporter may take before ``--once`` ends without it."""

EXIT_TIMEOUT = 10.0
"""Seconds that an exporter may take to end once the process is told to."""

_DESCRIPTION = """Export what any process recorded in these spools and nobody has exported yet, whether it runs, has
closed, or was killed. A running process that has an exporter of its own keeps it. Each span says its producer and
sequence, by which receivers drop what comes twice. An exporter is known by its number in the list: what the first one
has taken, the first one of the next drain, or of the service, does not get, whatever it is. To look at the spans of a
spool that a collector is to get, drain a copy."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("drain", help="export what was recorded", description=_DESCRIPTION)
    spool_argument(parser)
    parser.add_argument(
        "--exporter", metavar="NAME", action="append",
        help="otlp, console or module:factory; several times for several, always in the same order; default: "
        "PRIVACYLIB_EXPORTER, or otlp",
    )  # fmt: skip
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--once", action="store_true", help="export what there is, and end; the default")
    ways.add_argument(
        "--follow", action="store_true", help="go on until SIGTERM or an interrupt; a spool may be made later"
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=TIMEOUT,
        help=f"how long one call of an exporter may take before --once ends without it; default: {TIMEOUT:g}",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; the status is 1 where something was left that could not be exported, or an exporter ended."""
    lanes, holdings = _lanes(arguments)
    told = threading.Event()

    def tell(*_: object) -> None:
        told.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        hung = _exported(lanes, arguments, told)
    finally:
        holdings.release()
        for number, handler in before.items():
            signal.signal(number, handler)
    status = _told(lanes, arguments, stopped=told.is_set())
    if hung:  # threads that such an exporter waits for would keep the process from its end
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _exported(lanes: "Sequence[Lane]", arguments: argparse.Namespace, told: threading.Event) -> bool:
    """Export until all is done, or the process is told to end; return whether an exporter hangs."""
    threads = [threading.Thread(target=lane.run, daemon=True) for lane in lanes]
    for lane, thread in zip(lanes, threads, strict=True):
        if not arguments.follow:
            lane.stop(tries=TRIES, thorough=True)
        thread.start()
    timeout = float("inf") if arguments.follow else arguments.timeout
    while not told.wait(0.05) and any(not lane.ended and lane.delivery.seconds < timeout for lane in lanes):
        pass
    hung = [lane for lane in lanes if not lane.ended and lane.delivery.seconds >= timeout]
    for lane in lanes:
        lane.stop()
    deadline = monotonic() + EXIT_TIMEOUT
    for lane in lanes:
        lane.stopped(monotonic() if lane in hung else deadline)
    return any(not lane.ended for lane in lanes)


def _lanes(arguments: argparse.Namespace) -> "tuple[list[Lane], Holdings]":
    names: Sequence[str] = arguments.exporter or os.environ.get("PRIVACYLIB_EXPORTER", "otlp").split(",")
    sys.path.insert(0, "")  # a factory may stand in the working directory
    exporters = [exporter for name in names for exporter in _exporters(name.strip(), arguments)]
    if not exporters:
        raise PrivacyError("drain needs an exporter; name one with --exporter")
    detail = detail_of(os.environ.get("PRIVACYLIB_SPANS"))
    found = asked_spools(arguments) if arguments.follow else spools(arguments)

    from privacylib.exporters.holdings import Holdings
    from privacylib.exporters.lane import Lane

    holdings = Holdings(found, len(exporters), living=True, every=LOOK)
    return [Lane(exporter, number, detail, None, holdings) for number, exporter in enumerate(exporters)], holdings


def _exporters(name: str, arguments: argparse.Namespace) -> "Sequence[SpanExporter]":
    if name.lower() == "console" and arguments.json:  # the standard output is one object
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return (ConsoleSpanExporter(out=sys.stderr),)
    return named(name, "--exporter")


def _told(lanes: "Sequence[Lane]", arguments: argparse.Namespace, *, stopped: bool) -> int:
    """Say what was done, and return the exit status."""
    rows: list[dict[str, Any]] = [
        {
            "exporter": type(lane.exporter).__name__,
            "spans": lane.delivery.taken,
            "quarantined": lane.quarantined,
            "complete": lane.ended and not lane.gave_up and not stopped,
        }
        for lane in lanes
    ]
    if arguments.json:
        print(json.dumps({"exporters": rows, "errors": dict(faults.counted)}, indent=2))
    else:
        for row in rows:
            left = "" if row["complete"] or arguments.follow else "; what is left stays in the spool"
            print(f"{row['exporter']}: {row['spans']} spans, {row['quarantined']} quarantined{left}", file=sys.stderr)
    failed = any(lane.broke_off for lane in lanes) if arguments.follow else not all(row["complete"] for row in rows)
    return int(failed)
