"""What is left of 20,001 operations when the exporter takes 200 ms for each batch, and the process shuts down."""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from attrs import frozen
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import privacylib
from privacylib.recorder import producers
from tests.benchmarks.model import Goal, Line, Size
from tests.benchmarks.worker import told

__all__ = ["ROWS"]

OPERATIONS, QUICK, PAUSE = 20_001, 301, 0.2
ASSET = "postgres://db:5432/app.public.users"


class Slow(SpanExporter):
    """Count spans, each once, and take a while."""

    def __init__(self) -> None:
        self.spans: set[int] = set()

    def export(self, spans: Any) -> SpanExportResult:
        """Take spans."""
        time.sleep(PAUSE)
        self.spans.update(span.context.span_id for span in spans)
        return SpanExportResult.SUCCESS


def nothing() -> None:
    """Do nothing."""


def ours(number: int, spool: str) -> None:
    """Record, shut down, and print how many were exported, and how many the spool still had for the next start."""
    exporter = Slow()
    privacylib.init(service="bench", spool=spool, exporter=exporter)
    read = privacylib.reads(ASSET)(nothing)
    for _ in range(number):
        read()
    privacylib.shutdown()
    kept = {record.span for each in producers(Path(spool)) for record in each.records()}
    sys.stdout.write(json.dumps([len(exporter.spans), len(kept | exporter.spans)]))


def opentelemetry(number: int, spool: str) -> None:
    """Do the same with OpenTelemetry's defaults, which keep nothing beyond the process."""
    del spool
    exporter, provider = Slow(), TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("bench")
    for _ in range(number):
        with tracer.start_as_current_span("read"):
            pass
    provider.shutdown()
    sys.stdout.write(json.dumps([len(exporter.spans)] * 2))


SIDES = {"privacylib": ours, "opentelemetry": opentelemetry}


@frozen
class Losses:
    """Count what is kept."""

    name: str = "kept"

    def lines(self, size: Size) -> list[Line]:
        """Measure it."""
        number = QUICK if size.quick else OPERATIONS
        (at_once, kept), (theirs, _) = (self._counted(who, number) for who in SIDES)
        what, peer = f"{number:,} operations into {PAUSE:g} s a batch", "OpenTelemetry, defaults"
        return [
            Line(self.name, f"{what}, shutdown: kept", "", kept, peer, theirs, None, Goal(least=number)),
            Line(self.name, f"{what}, shutdown: exported by then", "", at_once, peer, theirs),
        ]

    def _counted(self, who: str, number: int) -> tuple[int, int]:
        with tempfile.TemporaryDirectory() as folder:
            exported, kept = told(__name__, who, str(number), f"{folder}/spool")
        return exported, kept


ROWS = (Losses(),)

if __name__ == "__main__":
    SIDES[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
