"""Time the alternatives that ``docs/rationale.md`` weighs: ``python tests/benchmarks/choices.py``.

Each figure is the best of several rounds, in microseconds for one operation. Trust the ratios of one run.
"""

import io
import json
import logging
import mmap
import os
import queue
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import privacylib
from privacylib.policy.loading import parse

SLOT = struct.Struct("<IBBHIQIQQ16sQ")
POLICY = "version: 1\nlabels: {CONTACT: {}}\nassets:\n" + "".join(
    f'  - {{match: "postgres://db/app.public.t{i}", labels: [CONTACT], region: eu}}\n' for i in range(200)
)


def best(work: Callable[[], object], number: int, rounds: int = 7) -> float:
    """Return microseconds of one call."""
    found: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(number):
            work()
        found.append((time.perf_counter() - start) / number * 1e6)
    return min(found)


def keeping(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield ways to keep one record of 64 bytes."""
    key = os.urandom(16)
    file = os.open(folder / "mapped", os.O_RDWR | os.O_CREAT)
    os.posix_fallocate(file, 0, 1 << 20)
    view = mmap.mmap(file, 1 << 20)
    body = SLOT.pack(0, 1, 0, 1, 7, time.time_ns(), 12, 1, 2, key, 3)[4:]

    def mapped() -> None:
        SLOT.pack_into(view, 64, crc32(body), 1, 0, 1, 7, time.time_ns(), 12, 1, 2, key, 3)

    appended = os.open(folder / "appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    synced = os.open(folder / "synced", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write() -> None:
        os.write(appended, SLOT.pack(crc32(body), 1, 0, 1, 7, time.time_ns(), 12, 1, 2, key, 3))

    def sync() -> None:
        os.write(synced, body)
        os.fdatasync(synced)

    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    log = logging.getLogger("bench")
    log.propagate = False
    log.addHandler(logging.StreamHandler(io.StringIO()))
    yield "pack into a mapped file", best(mapped, 20_000)
    yield "one write()", best(write, 20_000)
    yield "write() and fdatasync()", best(sync, 100, 3)
    item = (7, 12, 1, 2, key, 3)
    yield "put a tuple into a queue (lost when killed)", best(lambda: waiting.put((time.time_ns(), item)), 20_000)
    yield "a line of JSON through one write()", best(lambda: os.write(appended, json.dumps(LINE).encode()), 5_000)


LINE = {
    "kind": "WRITE", "asset": "file:///var/log/orders.jsonl", "sources": ["postgres://db:5432/shop.public.users#email"],
    "labels": ["CONTACT"], "purposes": ["order"], "decision": "ALLOW", "site": "shop:log", "start": 1, "span": 2,
}  # fmt: skip


class Discarding(SpanExporter):
    """Take spans and drop them."""

    def export(self, spans: Any) -> SpanExportResult:
        """Take spans."""
        del spans
        return SpanExportResult.SUCCESS


def operations(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield one read and one write, decided and recorded, beside two spans of OpenTelemetry."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Discarding()))
    tracer = provider.get_tracer("bench")
    attributes = {f"attribute.{i}": "a value of some length" for i in range(5)}

    def spans() -> None:
        with tracer.start_as_current_span("read", attributes=attributes):
            pass
        with tracer.start_as_current_span("write", attributes=attributes):
            pass

    @privacylib.reads("postgres://db:5432/app.public.users")
    def read() -> None: ...

    @privacylib.writes("file:///var/log/orders.jsonl")
    def write() -> None: ...

    def pair() -> None:
        read()
        write()

    yield "the two bare functions", best(lambda: (read.__wrapped__(), write.__wrapped__()), 20_000)  # type: ignore[attr-defined] - functools sets it
    yield "decorated, before init", best(pair, 20_000)
    privacylib.init(service="bench", spool=folder / "spool")
    with privacylib.scope("bench"):
        yield "decorated, decided and recorded", best(pair, 10_000)
    zone = privacylib.zone(purpose="order")

    def zoned() -> None:
        with zone:
            pass

    yield "enter and leave a zone", best(zoned, 10_000)
    privacylib.shutdown()
    yield "two spans with five attributes, BatchSpanProcessor", best(spans, 2_000)
    provider.shutdown()


def frames() -> Iterator[tuple[str, float]]:
    """Yield ways to enter and leave a context."""
    variable: ContextVar[Any] = ContextVar("bench", default=None)

    class Frame:
        __slots__ = ("outer",)

        def __enter__(self) -> None:
            self.outer = variable.get()
            variable.set(self)

        def __exit__(self, *_: object) -> None:
            if variable.get() is self:
                variable.set(self.outer)

    @contextmanager
    def tokens() -> Generator[None]:
        token = variable.set(1)
        try:
            yield
        finally:
            variable.reset(token)

    def slotted() -> None:
        with Frame():
            pass

    def generated() -> None:
        with tokens():
            pass

    yield "slotted class that puts the outer frame back", best(slotted, 50_000)
    yield "@contextmanager that resets a token", best(generated, 50_000)


def policies() -> Iterator[tuple[str, float]]:
    """Yield ways to read a policy of 200 assets."""
    yield "yaml.safe_load alone, no lines, no checks", best(lambda: yaml.safe_load(POLICY), 3, 3)
    yield "by nodes: lines, forms and meaning checked", best(lambda: parse(POLICY, "policy.yaml"), 3, 3)


def imports() -> Iterator[tuple[str, float]]:
    """Yield the time that an import takes in a fresh process."""
    for name in ("attrs, contextvars_extras, opentelemetry.trace", "privacylib", "opentelemetry.sdk.trace", "grpc"):
        program = f"import time; s = time.perf_counter(); import {name}; print((time.perf_counter() - s) * 1e6)"
        runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True) for _ in range(5)]
        yield f"import {name}", min(float(run.stdout) for run in runs)


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        parts = (keeping(Path(folder)), operations(Path(folder)), frames(), policies(), imports())
        for part in parts:
            for name, microseconds in part:
                sys.stdout.write(f"{microseconds:12.2f} µs  {name}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
