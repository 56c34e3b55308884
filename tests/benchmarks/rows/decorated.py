"""A read and a write of decorated functions: linked, decided, recorded, and exported where the background counts."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from typing import Any

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import (
    ATTRIBUTES,
    PURPOSE,
    SINK,
    SOURCE,
    Discarding,
    Looking,
    ddtracing,
    governed,
    tracing,
)
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

Pair = Callable[[], object]
Later = Callable[[], Awaitable[object]]

THREADS, TASKS = 8, 1_000


def read() -> int:
    return 1


def write(value: int) -> None:
    del value


async def read_later() -> int:
    return 1


async def write_later(value: int) -> None:
    del value


reading, writing = privacylib.reads(SOURCE)(read), privacylib.writes(SINK)(write)
reading_later, writing_later = privacylib.reads(SOURCE)(read_later), privacylib.writes(SINK)(write_later)


def ours() -> None:
    writing(reading())


async def ours_later() -> None:
    await writing_later(await reading_later())


def bare() -> None:
    write(read())


async def bare_later() -> None:
    await write_later(await read_later())


def spans(tracer: Any) -> tuple[Pair, Later]:
    """Return the pair under spans of OpenTelemetry."""

    def pair() -> None:
        with tracer.start_as_current_span("read", attributes=ATTRIBUTES):
            value = read()
        with tracer.start_as_current_span("write", attributes=ATTRIBUTES):
            write(value)

    async def later() -> None:
        with tracer.start_as_current_span("read", attributes=ATTRIBUTES):
            value = await read_later()
        with tracer.start_as_current_span("write", attributes=ATTRIBUTES):
            await write_later(value)

    return pair, later


def dd_spans(tracer: Any) -> tuple[Pair, Later]:
    """Return the pair under spans of ddtrace."""

    def pair() -> None:
        with tracer.trace("read") as span:
            span.set_tags(ATTRIBUTES)
            value = read()
        with tracer.trace("write") as span:
            span.set_tags(ATTRIBUTES)
            write(value)

    async def later() -> None:
        with tracer.trace("read") as span:
            span.set_tags(ATTRIBUTES)
            value = await read_later()
        with tracer.trace("write") as span:
            span.set_tags(ATTRIBUTES)
            await write_later(value)

    return pair, later


@contextmanager
def plainly(pair: Pair, later: Later, unit: Callable[[], Any]) -> Generator[Callable[[int], None]]:
    """One after the other, in one unit of work."""
    del later

    def run(times: int) -> None:
        with unit():
            for _ in range(times):
                pair()

    yield run


@contextmanager
def awaited(pair: Pair, later: Later, unit: Callable[[], Any]) -> Generator[Callable[[int], None]]:
    """One after the other, as coroutines of one task."""
    del pair

    async def work(times: int) -> None:
        with unit():
            for _ in range(times):
                await later()

    with closing(asyncio.new_event_loop()) as loop:
        yield lambda times: loop.run_until_complete(work(times))


@contextmanager
def in_tasks(pair: Pair, later: Later, unit: Callable[[], Any]) -> Generator[Callable[[int], None]]:
    """Spread over 1,000 tasks at once, each a unit of work of its own."""
    del pair

    async def task(times: int) -> None:
        with unit():
            for _ in range(times):
                await later()
                await asyncio.sleep(0)

    async def work(times: int) -> None:
        each = max(1, times // TASKS)
        await asyncio.gather(*(task(each) for _ in range(times // each)))

    with closing(asyncio.new_event_loop()) as loop:
        yield lambda times: loop.run_until_complete(work(times))


@contextmanager
def in_threads(pair: Pair, later: Later, unit: Callable[[], Any]) -> Generator[Callable[[int], float]]:
    """Spread over 8 threads at once, each a unit of work of its own."""
    del later

    def thread(times: int) -> float:
        with unit():
            began = time.thread_time()
            for _ in range(times):
                pair()
            return time.thread_time() - began

    with ThreadPoolExecutor(THREADS) as pool:
        yield lambda times: sum(pool.map(thread, [times // THREADS] * THREADS))


EXPORTERS = {"dropping": Discarding, "looking": Looking}
STYLES: dict[str, Any] = {"plain": plainly, "coroutines": awaited, "threads": in_threads, "tasks": in_tasks}


@contextmanager
def privacy(style: str, spans: str = "each", exporter: str = "dropping") -> Generator[Work]:
    """Governed, in a zone, with an exporter that drops the spans, of operations or of flows."""
    zone = privacylib.zone(purpose=PURPOSE)
    os.environ["PRIVACYLIB_SPANS"] = spans
    with governed(exporter=EXPORTERS[exporter]()), STYLES[style](ours, ours_later, lambda: zone) as run:
        yield Work(run, lambda: privacylib.flush(60))


@contextmanager
def opentelemetry(style: str, exporter: str = "dropping") -> Generator[Work]:
    """In spans of OpenTelemetry, under a span as long as the unit of work."""
    with tracing(EXPORTERS[exporter]()) as provider:
        tracer = provider.get_tracer("bench")
        pair, later = spans(tracer)
        with STYLES[style](pair, later, lambda: tracer.start_as_current_span("unit")) as run:
            yield Work(run, provider.force_flush)


@contextmanager
def ddtrace(style: str) -> Generator[Work]:
    """In spans of ddtrace, likewise."""
    tracer = ddtracing()
    pair, later = dd_spans(tracer)
    with STYLES[style](pair, later, lambda: tracer.trace("unit")) as run:
        yield Work(run)


@contextmanager
def nothing(style: str) -> Generator[Work]:
    """Without any of them."""
    with STYLES[style](bare, bare_later, nullcontext) as run:
        yield Work(run)


def _row(name: str, style: str, what: str, goals: tuple[float, float], bare: bool, times: int = 2_000) -> Timed:
    beside = side(opentelemetry, style)
    return Timed(
        name, what, side(privacy, style),
        (
            Against("2 OpenTelemetry spans", beside, Goal(goals[0])),
            Against("2 ddtrace spans", side(ddtrace, style), Goal(goals[1])),
            Against("2 OpenTelemetry spans", beside, Goal(1 / 5), "total"),
        ),
        times=times, bare=side(nothing, style) if bare else None,
    )  # fmt: skip


def _background(spans: str, exporter: str = "dropping") -> Timed:
    """Return a row for what becomes a span, or for an exporter that looks at the spans, with the background."""
    name = f"plain-{spans}" if exporter == "dropping" else f"plain-{exporter}"
    what = f"the same, spans of {spans}" if exporter == "dropping" else "the same, exporter looks at each span"
    beside = side(opentelemetry, "plain", exporter)
    peer = Against("2 OpenTelemetry spans", beside, Goal(1 / 5), "total")
    return Timed(name, what, side(privacy, "plain", spans, exporter), (peer,), times=2_000)


ROWS = (
    _row("plain", "plain", "read + write of decorated functions", (1 / 25, 1 / 20), bare=False),
    _background("each", "looking"),
    _background("flows"),
    _background("both"),
    _row("coroutines", "coroutines", "the same as coroutines", (1 / 20, 1 / 20), bare=False),
    _row("threads", "threads", "the same in 8 threads", (1 / 20, 1 / 20), bare=False),
    _row("tasks", "tasks", "the same in 1,000 tasks", (1 / 20, 1 / 20), bare=True, times=10_000),
)
