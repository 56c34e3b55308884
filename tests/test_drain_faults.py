"""Collectors that are down, slow, full or not there: the host goes on as if there were none, and nothing is lost."""

import gc
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from types import FrameType
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

import privacylib
from privacylib.context import PROCESS
from privacylib.drain import Drain
from privacylib.exporters import retries
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder, producers, quarantined
from privacylib.runtime import faults
from tests.exporters.receiver import receiving, texts

KEY = bytes(range(16))


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path, None, None]:
    monkeypatch.setattr(retries, "SHORTEST", 0.01)
    monkeypatch.setattr(faults, "_next_line", 0.0)
    yield tmp_path / "spool"
    privacylib.shutdown(0.2)
    PROCESS.restart()


class Posting(SpanExporter):
    """Post names to an URL; an answer that is none, or not 200, is an exception."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.threads: set[int] = set()
        self.begun = self.ended = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.threads.add(threading.get_ident())
        self.begun += 1
        try:
            request = Request(self.url, "\n".join(span.name for span in spans).encode())  # noqa: S310 - loopback only
            with urlopen(request, timeout=30):  # noqa: S310 - loopback only
                return SpanExportResult.SUCCESS
        except HTTPError as error:
            error.close()
            raise
        finally:
            self.ended += 1


class Collector:
    """An HTTP server that answers with some status."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.arrived: list[str] = []
        self.asked: list[float] = []
        self.url = ""


@contextmanager
def collecting() -> Generator[Collector, None, None]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            collector.asked.append(time.monotonic())
            if collector.status == 200:
                collector.arrived += body.split("\n")
            self.send_response(collector.status)
            for name, value in collector.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the signature of the base

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write(*numbers: int) -> None:
    for number in numbers:
        with privacylib.scope("work"), privacylib.write(f"file:///r{number}"):
            pass


def names(*numbers: int) -> list[str]:
    return [f"WRITE /r{number}" for number in numbers]


def recorded(spool: Path) -> int:
    return sum(len(list(producer.records())) for producer in producers(spool))


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def steps_of_the_host(spool: Path, exporter: SpanExporter | None) -> Counter[str]:
    """Return what the host's thread calls for 300 operations, however long any of it takes."""
    privacylib.init(exporter=exporter, spool=spool)
    write(*range(10))
    if isinstance(exporter, Posting):
        until(lambda: exporter.begun > 0)
    seen: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: object) -> None:
        name: str = getattr(argument, "__qualname__", "") if event == "c_call" else frame.f_code.co_name
        seen[f"{event} {name}"] += event in ("call", "c_call")

    gc.disable()  # it calls finalizers of whatever thread's objects
    sys.setprofile(note)
    for number in range(300):
        write(number % 10)
    sys.setprofile(None)
    gc.enable()
    privacylib.shutdown(0.1)  # the next one begins a segment of its own
    return +seen


def test_fault_16_the_host_does_the_same_whatever_the_collector_does(spool: Path) -> None:
    with collecting() as busy, create_server(("127.0.0.1", 0)) as hole:
        busy.status = 503
        bare = steps_of_the_host(spool, None)
        black_hole = Posting(f"http://127.0.0.1:{hole.getsockname()[1]}/v1")
        for exporter in (Posting(busy.url), Posting("http://nowhere.invalid/v1"), black_hole):
            assert steps_of_the_host(spool, exporter) == bare
            assert threading.get_ident() not in exporter.threads
        assert black_hole.begun > black_hole.ended  # 300 operations went by while it hung
        assert recorded(spool) == 4 * 310


def test_fault_18_a_busy_collector_is_asked_again_when_it_said(spool: Path) -> None:
    with collecting() as collector:
        collector.status, collector.headers = 503, {"Retry-After": "1"}
        privacylib.init(exporter=Posting(collector.url), spool=spool)
        write(1, 2)
        until(lambda: len(collector.asked) == 1)
        collector.status = 200
        assert privacylib.flush(10)
        assert collector.arrived == names(1, 2)
        assert collector.asked[1] - collector.asked[0] >= 1


@pytest.mark.parametrize("how", ["500", "hangs", "absent"])
def test_fault_24_the_hosts_job_is_done_whatever_becomes_of_the_backend(spool: Path, free_port: int, how: str) -> None:
    with collecting() as collector, create_server(("127.0.0.1", 0)) as hole:
        collector.status = 500
        port = {"hangs": hole.getsockname()[1], "absent": free_port}.get(how)
        url = f"http://127.0.0.1:{port}/v1" if port else collector.url
        done = run(
            f"""
            class Posting(SpanExporter):
                def export(self, spans):
                    with urllib.request.urlopen({url!r}, b"x", timeout=30): return SpanExportResult.SUCCESS
            privacylib.init(exporter=Posting(), spool=spool)
            write(*range(100))
            print("done")
            """,
            spool,
        )
        assert (done.returncode, done.stdout) == (0, "done\n")
        assert len(done.stderr.splitlines()) <= 1
        collector.status = 200
        privacylib.init(exporter=Posting(collector.url), spool=spool)
        until(lambda: len(collector.arrived) == 100)
        assert sorted(collector.arrived) == sorted(names(*range(100)))


def run(code: str, spool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    begin = f"""
        import os, sys, threading, time, urllib.request, privacylib
        from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
        def write(*numbers):
            for number in numbers:
                with privacylib.scope("work"), privacylib.write(f"file:///r{{number}}"): pass
        spool = {str(spool)!r}
    """
    program = textwrap.dedent(begin) + textwrap.dedent(code)
    command = [sys.executable, *arguments, "-c", program]
    return subprocess.run(command, timeout=60, capture_output=True, text=True, check=False)


def test_fault_15_what_does_not_fit_is_refused_and_counted_exactly(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVACYLIB_SPOOL_MAX", str(1 << 20))
    stuck, entered = threading.Event(), threading.Event()

    class Stuck(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            entered.set()
            stuck.wait(60)
            return SpanExportResult.FAILURE

    privacylib.init(exporter=Stuck(), spool=spool)
    for _ in range(2500):
        write(*range(10))
    assert entered.wait(30)
    (producer,) = producers(spool)
    assert producer.refused == {"spool-full": 25_000 - recorded(spool)}
    assert 10_000 < recorded(spool) < 20_000
    stuck.set()


def test_fault_19_what_no_collector_takes_is_quarantined_and_all_others_arrive(tmp_path: Path) -> None:
    flows = [Flow(Kind.READ, Asset("file", f"/{number}")) for number in range(10)]
    surrogate = Flow(Kind.READ, Asset("file", "/caf\udce9"))
    huge = Flow(Kind.READ, Asset("file", "/" + "x" * 10_000_000))
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    for number in range(500):
        flow = {100: surrogate, 250: huge}.get(number, flows[number % 10])
        assert recorder.append(recorder.define(flow), 0, number, 2, recorder.next_span(), 0, KEY)
    with receiving() as receiver:
        drain = Drain(recorder, [OTLPSpanExporter(receiver.endpoint, timeout=0.7)])
        drain.start(recorder.store)
        assert drain.flush(60)
        drain.shutdown(5)
        sequences = {span_number(span) for span in receiver.spans}
        assert len(sequences) == 499
        assert "file:///caf\\udce9" in {texts(span.attributes)["privacylib.asset"] for span in receiver.spans}
    (entry,) = quarantined(recorder.store)
    assert (entry["sequence"], entry["producer"], entry["cause"]) == (251, recorder.store.producer, "ExportFailed")
    assert len((tmp_path / recorder.store.producer / "quarantined.jsonl").read_bytes()) < 500


def span_number(span: "object") -> int:
    attributes = getattr(span, "attributes", ())
    return next(each.value.int_value for each in attributes if each.key == "privacylib.sequence")


def test_fault_20_nothing_that_exporters_do_is_recorded(spool: Path, tmp_path: Path, free_port: int) -> None:
    pytest.importorskip("httpx")
    done = run(
        f"""
        import logging, sqlite3, grpc, httpx, privacylib.grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        logging.basicConfig(filename={str(tmp_path / "log")!r}, level=logging.DEBUG)
        at = "127.0.0.1:{free_port}"
        class All(SpanExporter):
            def export(self, spans):
                logging.getLogger("exporter").error("down")
                with open({str(tmp_path / "file")!r}, "a") as out: out.write("down")
                with sqlite3.connect({str(tmp_path / "db")!r}) as db: db.execute("create table if not exists t (x)")
                channel = grpc.intercept_channel(grpc.insecure_channel(at), privacylib.grpc.client_interceptor())
                try: channel.unary_unary("/shop.Reviews/Get")(b"", timeout=0.1)
                except grpc.RpcError: pass
                worker = threading.Thread(target=self.post)
                worker.start()
                worker.join()
                return SpanExportResult.FAILURE
            def post(self):
                try: httpx.post(f"http://{{at}}/v1", timeout=0.1)
                except httpx.HTTPError: pass
                write(99)
        privacylib.init(exporter=[All(), OTLPSpanExporter(f"http://{{at}}", timeout=0.2)], spool=spool, instrument=True)
        write(*range(10))
        print([privacylib.flush(0.5) for _ in range(4)])
        """,
        spool,
    )
    assert (done.returncode, done.stdout) == (0, "[False, False, False, False]\n"), done.stderr
    assert (tmp_path / "file").exists()
    assert recorded(spool) == 10


WITHOUT_GRPC = """
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "grpc" or name.startswith("google.protobuf"): raise ImportError(name)
sys.meta_path.insert(0, Blocked())
"""


def test_fault_21_everything_but_grpc_itself_runs_without_grpc_and_protobuf(spool: Path) -> None:
    done = run(
        WITHOUT_GRPC
        + textwrap.dedent("""
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter
        privacylib.init(exporter=ConsoleSpanExporter(formatter=lambda span: span.name + os.linesep), spool=spool)
        write(1)
        print(privacylib.flush())
        privacylib.shutdown()
        from privacylib import cli
        print(cli.main(["drain", "--spool", spool, "--exporter", "console"]))
        print(cli.main(["drain", "--spool", spool, "--exporter", "otlp"]))
        """),
        spool,
    )
    assert (done.returncode, done.stdout) == (0, "WRITE /r1\nTrue\n0\n1\n"), done.stderr
    assert "pip install 'privacylib[otlp]'" in done.stderr


SLEEPING = """
class Sleeping(SpanExporter):
    def export(self, spans):
        time.sleep(0.2)
        with open(spool + ".arrived", "a") as out:
            for span in spans:
                print(*(span.attributes[f"privacylib.{name}"] for name in ("producer", "sequence")), file=out)
        return SpanExportResult.SUCCESS
    def shutdown(self): pass
privacylib.init(exporter=Sleeping(), spool=spool)
"""


@pytest.mark.slow
def test_20_001_operations_into_a_slow_exporter_arrive_at_once_or_on_the_next_start(spool: Path) -> None:
    first = run(SLEEPING + "write(*(number % 7 for number in range(20001)))\nprivacylib.shutdown()", spool)
    assert (first.returncode, first.stderr) == (0, "")
    arrived = Path(f"{spool}.arrived")
    at_once = len(arrived.read_text().splitlines())
    assert 512 <= at_once < 20_001
    second = run(
        SLEEPING
        + textwrap.dedent("""
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline and len(set(open(spool + ".arrived"))) < 20001: time.sleep(0.1)
        """),
        spool,
    )
    assert (second.returncode, second.stderr) == (0, "")
    lines = arrived.read_text().splitlines()
    assert len(set(lines)) == 20_001
    assert len(lines) - 20_001 <= 512  # the batch that was on its way when the first process ended
