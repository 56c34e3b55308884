"""The drain: everything arrives, whatever exporters do, and the host notices none of it."""

import asyncio
import contextvars
import io
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest
from opentelemetry import context as telemetry
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.context import PROCESS
from privacylib.exporters import lane, retries, spans
from privacylib.exporters.holdings import Holdings
from privacylib.recorder import Entry, producers
from privacylib.runtime import faults

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path, None, None]:
    monkeypatch.setattr(retries, "SHORTEST", 0.01)
    monkeypatch.setattr(faults, "_next_line", 0.0)
    yield tmp_path / "spool"
    privacylib.shutdown(0.5)
    PROCESS.restart()


class Taking(SpanExporter):
    """Take spans after doing something else."""

    def __init__(self, before: Callable[[], SpanExportResult | None] = lambda: None) -> None:
        self.before = before
        self.names: list[str] = []
        self.shut = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if (answer := self.before()) is not None:
            return answer
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self.shut += 1


def write(*numbers: int) -> None:
    for number in numbers:
        with privacylib.scope("work"), privacylib.write(f"file:///r{number}"):
            pass


def names(*numbers: int) -> list[str]:
    return [f"WRITE /r{number}" for number in numbers]


def failing(times: int, how: Callable[[], SpanExportResult]) -> Callable[[], SpanExportResult | None]:
    left = iter(range(times))
    return lambda: how() if next(left, None) is not None else None


def hanging() -> None:
    threading.Event().wait(60)


def raising() -> SpanExportResult:
    raise ConnectionError("canary")


def recorded(spool: Path) -> int:
    return sum(len(list(producer.records())) for producer in producers(spool))


def test_records_arrive_once_and_in_order(spool: Path) -> None:
    exporter = InMemorySpanExporter()
    privacylib.init(exporter=exporter, spool=spool)
    write(*range(5))
    assert privacylib.flush()
    assert privacylib.flush()
    write(5)
    privacylib.shutdown()
    assert [span.name for span in exporter.get_finished_spans()] == names(*range(6))


def test_the_console_shows_spans(spool: Path) -> None:
    out = io.StringIO()
    privacylib.init(exporter=ConsoleSpanExporter(out=out), spool=spool)
    write(1)
    assert privacylib.flush()
    assert '"name": "WRITE /r1"' in out.getvalue()


def test_they_arrive_without_being_asked_for(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "INTERVAL", 0.01)
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    write(1)
    wait_until(lambda: exporter.names == names(1))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_recorded_during_an_export_is_exported_before_the_end(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        go_on.wait(5)

    exporter = Taking(slowly)
    privacylib.init(exporter=exporter, spool=spool)
    write(1)
    assert begun.wait(5)
    monkeypatch.setattr(lane, "INTERVAL", 60.0)  # from here on nothing waits for the next look
    write(2)
    ending = threading.Thread(target=privacylib.shutdown, args=(5,))
    ending.start()
    time.sleep(0.05)
    go_on.set()
    ending.join()
    assert exporter.names == names(1, 2)


def test_nothing_starts_before_something_is_recorded(spool: Path) -> None:
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    assert privacylib.flush()
    assert not list(producers(spool))


def test_a_process_that_records_nothing_leaves_nothing_and_says_nothing(
    spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    privacylib.shutdown()
    assert exporter.shut == 1
    assert {path.name for path in spool.iterdir()} == {"key"}
    assert caplog.messages == []


def test_without_exporter_there_is_nothing_to_flush(spool: Path) -> None:
    privacylib.init(spool=spool)
    write(1)
    assert privacylib.flush()


class Handing(SpanExporter):
    """Hand spans to a worker that runs before privacylib does."""

    def __init__(self) -> None:
        self.items: queue.Queue[object] = queue.Queue()
        self.worked = 0
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while self.items.get() is not None:
            with privacylib.write("file:///sent"):
                self.worked += 1

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.items.put(len(spans))
        return SpanExportResult.SUCCESS


def test_fault_20_nor_does_a_worker_of_the_exporter_that_was_there_before(spool: Path) -> None:
    exporter = Handing()
    privacylib.init(exporter=exporter, spool=spool)
    write(1)
    assert privacylib.flush()
    wait_until(lambda: exporter.worked == 1)
    exporter.items.put("the host's")
    wait_until(lambda: exporter.worked >= 2)
    write(2)
    assert privacylib.flush()
    wait_until(lambda: exporter.worked >= 3)
    exporter.items.put(None)
    assert recorded(spool) == 3  # two of the host's own, and what the worker did with the host's item


@pytest.mark.parametrize("how", [raising, lambda: SpanExportResult.FAILURE], ids=["raises", "says failure"])
def test_fault_24_a_failing_exporter_gets_its_records_again(spool: Path, how: Callable[[], SpanExportResult]) -> None:
    exporter = Taking(failing(3, how))
    privacylib.init(exporter=exporter, spool=spool)
    write(1, 2)
    assert privacylib.flush()
    assert exporter.names == names(1, 2)


def cancelled() -> SpanExportResult:
    raise asyncio.CancelledError


def ended() -> SpanExportResult:
    raise SystemExit


def test_fault_24_an_exporter_that_is_cancelled_gets_its_records_again(spool: Path) -> None:
    exporter = Taking(failing(3, cancelled))
    privacylib.init(exporter=exporter, spool=spool)
    write(1, 2)
    assert privacylib.flush()
    assert exporter.names == names(1, 2)


def test_what_an_exporter_leaves_that_has_ended_is_free_for_others(spool: Path) -> None:
    privacylib.init(exporter=[Taking(ended), Taking(ended)], spool=spool)
    write(1)
    assert not privacylib.flush(5)
    found = Holdings([spool], 1, living=True, every=0.0)
    wait_until(lambda: (found.look(), bool(list(found)))[1])
    found.release()


def test_flush_says_when_not_everything_was_taken(spool: Path) -> None:
    privacylib.init(exporter=Taking(raising), spool=spool)
    write(1)
    assert not privacylib.flush(0.1)


def test_one_exporter_does_not_starve_another(spool: Path) -> None:
    good, stuck = Taking(), Taking(hanging)
    privacylib.init(exporter=[stuck, Taking(raising), good], spool=spool)
    write(1, 2, 3)
    began = time.monotonic()
    assert not privacylib.flush(0.3)
    privacylib.shutdown(0.3)
    assert time.monotonic() - began < 2
    assert good.names == names(1, 2, 3)
    assert (good.shut, stuck.shut) == (1, 0)


def test_fault_17_failures_are_logged_once_a_minute_and_without_data(
    spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    privacylib.init(exporter=Taking(failing(6, raising)), spool=spool)
    with caplog.at_level(logging.DEBUG, "privacylib"):
        write(1)
        assert privacylib.flush(10)
    assert [record.getMessage() for record in caplog.records] == [
        "privacylib failed while exporting (ConnectionError); the host went on"
    ]


def test_fault_20_the_exporter_does_not_export_itself(spool: Path) -> None:
    suppressed: list[object] = []

    @privacylib.scope("exporting")
    @privacylib.writes("http://collector/v1/traces")
    def send() -> None:
        suppressed.append(telemetry.get_value("suppress_instrumentation"))
        carried = threading.Thread(target=contextvars.copy_context().run, args=(write, 9))
        carried.start()
        carried.join()

    privacylib.init(exporter=Taking(send), spool=spool)
    write(1)
    assert privacylib.flush()
    assert suppressed == [True]
    assert recorded(spool) == 1


def test_fault_19_a_record_without_a_span_takes_no_other_with_it(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = spans.Spans.of

    def of(self: spans.Spans, entry: Entry) -> spans.OperationSpan | None:
        span = made(self, entry)
        assert span is None or span.name != "WRITE /r2"
        return span

    monkeypatch.setattr(spans.Spans, "of", of)
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    write(1, 2, 3)
    assert privacylib.flush()
    assert exporter.names == names(1, 3)


def test_a_second_init_replaces_the_exporters(spool: Path) -> None:
    first, second = Taking(), Taking()
    privacylib.init(exporter=first, spool=spool)
    write(1)
    privacylib.init(exporter=second, spool=spool)
    write(2)
    assert privacylib.flush()
    assert (first.names, second.names) == (names(1), names(2))
    assert (first.shut, second.shut) == (1, 0)


def test_an_exporter_that_stays_is_not_shut_down(spool: Path) -> None:
    first, second = Taking(), Taking()
    privacylib.init(exporter=first, spool=spool)
    write(1)
    privacylib.init(exporter=first, spool=spool)
    write(2)
    privacylib.init(exporter=[first, second], spool=spool)
    write(3)
    assert privacylib.flush()
    assert first.names == names(1, 2, 3)
    assert second.names == names(1, 2, 3)
    assert (first.shut, second.shut) == (0, 0)


def test_what_cannot_export_is_refused_and_changes_nothing(spool: Path) -> None:
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    with pytest.raises(privacylib.PrivacyError, match="no export"):
        privacylib.init(exporter=object(), spool=spool)  # pyright: ignore[reportArgumentType] - what is wrong here
    write(1)
    assert privacylib.flush()
    assert exporter.names == names(1)


def test_a_place_that_cannot_be_kept_does_not_stop_the_export(spool: Path) -> None:
    exporter = Taking()
    privacylib.init(exporter=exporter, spool=spool)
    write(1)
    assert privacylib.flush()
    (producer,) = producers(spool)
    place = spool / producer.id / "exported.0.json"
    place.unlink()
    place.mkdir()
    write(2)
    assert privacylib.flush()
    assert exporter.names == names(1, 2)


def test_fault_01_forked_children_export_what_they_record(spool: Path, tmp_path: Path) -> None:
    arrived = tmp_path / "arrived"

    class Appending(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            with arrived.open("a") as out:
                out.write("".join(f"{os.getpid()} {span.name}\n" for span in spans))
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None: ...

    privacylib.init(exporter=Appending(), spool=spool)
    write(0)
    assert privacylib.flush()
    children: list[int] = []
    for number in range(1, 5):
        child = os.fork()
        if child == 0:
            write(number)
            os._exit(0 if privacylib.flush() else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    lines = arrived.read_text().splitlines()
    expected = {f"{pid} {name}" for pid, name in zip([os.getpid(), *children], names(*range(5)), strict=True)}
    assert set(lines) == expected
    assert len(lines) == 5


def test_fault_06_a_recycled_worker_loses_nothing(spool: Path) -> None:
    done = run(
        """
        import multiprocessing
        class Printing(SpanExporter):
            def export(self, spans):
                for span in spans: os.write(1, f"{span.name}\\n".encode())
                return SpanExportResult.SUCCESS
            def shutdown(self): pass
        privacylib.init(exporter=Printing(), spool=spool)
        with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
            pool.map(write, range(20), chunksize=1)
            pool.close()
            pool.join()
        """,
        spool,
    )
    assert sorted(done.stdout.splitlines()) == sorted(names(*range(20)))
    assert recorded(spool) == 20


def run(code: str, spool: Path, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    begin = f"""
        import atexit, os, signal, sys, threading, time, privacylib
        from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
        def write(*numbers):
            for number in numbers:
                with privacylib.scope("work"), privacylib.write(f"file:///r{{number}}"): pass
        spool = {str(spool)!r}
    """
    program = textwrap.dedent(begin) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", program], timeout=timeout, capture_output=True, text=True, check=False)


def test_fault_10_a_black_hole_delays_the_exit_by_two_seconds_at_most(spool: Path) -> None:
    done = run(
        """
        class BlackHole(SpanExporter):
            def export(self, spans): threading.Event().wait()
        atexit.register(lambda: print(time.time()))  # after what is registered later
        privacylib.init(exporter=BlackHole(), spool=spool)
        write(*range(1000))
        print(time.time())
        """,
        spool,
    )
    began, ended = map(float, done.stdout.split())
    assert ended - began < 2.5
    assert (done.returncode, done.stderr) == (0, "")
    assert recorded(spool) == 1000


def test_fault_10_a_collector_that_never_answers(spool: Path, free_port: int) -> None:
    done = run(
        f"""
        import socket
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        atexit.register(lambda: print(time.time()))
        silent = socket.create_server(("127.0.0.1", {free_port}))
        privacylib.init(exporter=OTLPSpanExporter("http://127.0.0.1:{free_port}"), spool=spool)
        write(*range(1000))
        print(time.time())
        """,
        spool,
    )
    began, ended = map(float, done.stdout.split())
    assert ended - began < 2.5
    assert done.returncode == 0
    assert recorded(spool) == 1000


def test_fault_11_the_first_record_ever_is_made_at_exit(spool: Path) -> None:
    done = run(
        """
        import atexit
        class Printing(SpanExporter):
            def export(self, spans): print(*[span.name for span in spans]); return SpanExportResult.SUCCESS
            def shutdown(self): pass
        privacylib.init(exporter=Printing(), spool=spool)
        atexit.register(write, 7)
        """,
        spool,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert recorded(spool) == 1


def test_fault_12_a_terminated_process_has_lost_nothing(spool: Path) -> None:
    done = run(
        """
        class Slow(SpanExporter):
            def export(self, spans): time.sleep(0.2); return SpanExportResult.SUCCESS
        privacylib.init(exporter=Slow(), spool=spool)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        for number in range(10**9):
            write(number % 10)
            os.write(1, b".")
        """,
        spool,
    )
    assert done.returncode == -signal.SIGTERM
    assert recorded(spool) - len(done.stdout) in (0, 1)


def test_fault_12_the_hosts_handler_and_exit_code_stay(spool: Path) -> None:
    done = run(
        """
        class Slow(SpanExporter):
            def export(self, spans): time.sleep(0.05); return SpanExportResult.SUCCESS
            def shutdown(self): print("shut down")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
        privacylib.init(exporter=Slow(), spool=spool)
        write(1)
        os.kill(os.getpid(), signal.SIGTERM)
        """,
        spool,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "shut down\n", "")


def test_fault_16_a_stalled_exporter_does_not_slow_the_host(spool: Path) -> None:
    privacylib.init(exporter=Taking(hanging), spool=spool)
    write(0)
    slowest = 0.0
    for _ in range(2000):
        began = time.perf_counter()
        write(0)
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.5
    assert recorded(spool) == 2001


def test_fault_50_a_canary_is_in_no_span_log_or_spool_byte(spool: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = io.StringIO()

    @privacylib.reads("postgres://db:5432/app.public.users")
    def load(key: str) -> str:
        return f"row of {key}"

    @privacylib.writes("file:///out")
    def save(row: str) -> str:
        raise ValueError(row)

    privacylib.init(exporter=ConsoleSpanExporter(out=out), spool=spool)
    with caplog.at_level(logging.DEBUG), privacylib.scope("request"), privacylib.write("file:///log") as op:
        op.payload({"said": "canary-7f3a"})
        with pytest.raises(ValueError, match="canary"):
            save(load("canary-7f3a"))
    assert privacylib.flush()
    privacylib.shutdown()
    written = [path.read_bytes() for path in spool.rglob("*") if path.is_file()]
    assert b"app.public.users" in b"".join(written)
    assert "app.public.users" in out.getvalue()
    assert b"canary-7f3a" not in b"".join(written)
    assert "canary-7f3a" not in out.getvalue() + caplog.text


def test_a_spool_that_is_removed_under_a_process_stops_no_export(spool: Path) -> None:
    exporter = Taking()
    privacylib.init(service="web", spool=spool, exporter=exporter)
    write(1)
    assert privacylib.flush(5)
    shutil.rmtree(spool)
    write(2, 3)
    assert privacylib.flush(5)
    privacylib.shutdown(5)
    assert exporter.names == [f"WRITE /r{number}" for number in (1, 2, 3)]
    assert exporter.shut == 1
