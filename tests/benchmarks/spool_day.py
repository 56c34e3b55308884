"""Show that the spool keeps its cap while a service records 10,000 operations a second for a day, scaled down.

Run: ``python tests/benchmarks/spool_day.py [scale] [spans]``. The scale is 0.01 where left out. The day's 864,000,000
operations and the cap of 256 MB are scaled alike, and recorded as fast as it goes; 1 is the whole day. With `spans`
(``flows``, ``each`` or ``both``) they are exported meanwhile, to an exporter that only counts; what it cannot keep up
with is refused, and counted. Prints one line of JSON, and fails if a count is missing, or the cap was passed.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from privacylib import semconv
from privacylib.drain import Drain
from privacylib.exporters import Detail
from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import DEFAULT_CAP, DirectoryStore, Producer, Recorder, tallies

DAY = 24 * 3600 * 10_000
LEAST_CAP = 1 << 20
KEYS = [number.to_bytes(16, "big") for number in range(1, 1000)]


def flows() -> list[Flow]:
    """Return forty flows, of reads, writes and calls."""
    sources = [Source(Asset("postgres://db", f"app.public.t{number}")) for number in range(10)]
    found = [Flow(Kind.READ, source.asset) for source in sources]
    found += [
        Flow(Kind.WRITE, Asset("file", f"/var/log/{number}"), (), tuple(sources[:number])) for number in range(20)
    ]
    return found + [Flow(Kind.CALL, Asset("http://ranker", f"rank{number}")) for number in range(10)]


def size(spool: Path) -> int:
    """Return the bytes of all files."""
    return DirectoryStore(spool).used()[0]


class Counting(SpanExporter):
    """Keep what flows have come to, and how many spans told of single operations."""

    def __init__(self) -> None:
        self.spans = self.each = 0
        self.counts: dict[object, int] = {}

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take all of them."""
        self.spans += len(spans)
        for span in spans:
            said = span.attributes or {}
            count = said.get(semconv.COUNT)
            if isinstance(count, int):
                self.counts[said.get(semconv.FLOW)] = count
            else:
                self.each += 1
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Do nothing."""


def main() -> None:
    """Record the scaled day and print what came of it."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 0.01
    detail = Detail(sys.argv[2]) if len(sys.argv) > 2 else None
    operations, cap = int(DAY * scale), max(LEAST_CAP, int(DEFAULT_CAP * scale))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        spool, exporter = Path(directory), Counting()
        recorder = Recorder(DirectoryStore(spool), "benchmark", min(1 << 20, cap // 64), cap)
        numbers = [(recorder.define(flow), flow.kind is Kind.CALL) for flow in flows()]
        drain = Drain(recorder, [exporter] if detail else [], detail or Detail.FLOWS)
        drain.start(recorder.store)
        accepted = largest = 0
        began, began_cpu = perf_counter(), process_time()
        for count in range(operations):
            number, is_call = numbers[count % len(numbers)]
            span = recorder.call_span(number) if is_call else recorder.next_span()
            accepted += recorder.append(number, 0, count, 2, span, 0, KEYS[count % len(KEYS)])
            if count % 100_000 == 0:
                largest = max(largest, size(spool))
        took, cpu = perf_counter() - began, process_time() - began_cpu
        flushed = drain.flush(600.0)
        drain.shutdown(10.0)
        refused = dict(recorder.refused)
        recorder.close()
        found = tallies(Producer(recorder.store))
        counted = sum(tally.count for tally in found.flows.values())
        told = {
            "operations": operations,
            "accepted": accepted,
            "counted": counted,
            "refused": refused,
            "flows": len(found.flows),
            "spans": exporter.spans,
            "told_each": exporter.each,
            "told_by_flows": sum(exporter.counts.values()),
            "cap_mb": round(cap / 2**20, 1),
            "largest_mb": round(largest / 2**20, 1),
            "us_each": round(took / operations * 1e6, 2),
            "cpu_us_each": round(cpu / operations * 1e6, 2),
        }
        print(json.dumps(told))  # noqa: T201 - that is what it is for
        if counted != accepted or accepted + sum(refused.values()) != operations or largest > cap:
            sys.exit("a count is missing, or the cap was passed")
        if detail and not (flushed and accepted in (exporter.each, sum(exporter.counts.values()))):
            sys.exit("a count has not arrived")


if __name__ == "__main__":
    main()
