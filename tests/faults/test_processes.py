"""Forks, pools, signals and exits: whatever a host does with its processes, each of them records and none hangs."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from privacylib.doctor import diagnose
from privacylib.recorder import adopt, producers
from tests.exporters.receiver import receiving
from tests.faults.programs import records_by_pid, run, total

# The full test is PRIVACYLIB_TEST_FORKS=1000; most of its time is eight threads that ask for the interpreter.
FORKS = int(os.environ.get("PRIVACYLIB_TEST_FORKS", "100"))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.mark.slow
@pytest.mark.server
def test_fault_01_every_worker_of_a_preloaded_gunicorn_records_and_exports(
    spool: Path, tmp_path: Path, free_port: int
) -> None:
    (tmp_path / "app.py").write_text(f"""
import os, privacylib
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

class Appending(SpanExporter):
    def export(self, spans):
        with open({str(tmp_path / "arrived")!r}, "a") as out:
            out.write("".join(f"{{os.getpid()}}\\n" for _ in spans))
        return SpanExportResult.SUCCESS

privacylib.init(service="web", exporter=Appending(), spool={str(spool)!r})
with privacylib.write("file:///preloaded"):
    pass

def app(environ, start_response):
    with privacylib.scope("request"), privacylib.write("file:///answered"):
        start_response("200 OK", [("Connection", "close")])
        return [str(os.getpid()).encode()]
""")
    # An exit waits no longer than an exporter may take; on a busy machine that is not enough for all of them.
    (tmp_path / "gunicorn.conf.py").write_text("""
def worker_exit(server, worker):
    import privacylib
    privacylib.flush(20)

def on_exit(server):
    import privacylib
    privacylib.flush(20)
""")
    command = [sys.executable, "-m", "gunicorn", "--preload", "-w", "4", "-b", f"127.0.0.1:{free_port}", "app:app"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        answered = Counter[int]()
        deadline = time.monotonic() + 30
        while len(answered) < 4 or min(answered.values()) < 5:
            assert time.monotonic() < deadline, answered
            if pid := _ask(free_port):
                answered[pid] += 1
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    expected = {**answered, server.pid: 1}
    assert records_by_pid(spool) == expected
    assert Counter(map(int, (tmp_path / "arrived").read_text().split())) == expected


def _ask(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        return int(connection.getresponse().read())
    except (ConnectionError, http.client.HTTPException):
        time.sleep(0.05)
        return 0
    finally:
        connection.close()


def test_fault_03_a_child_does_not_wait_for_the_logging_lock(spool: Path) -> None:
    done = run(
        """
        import logging
        handler = logging.StreamHandler()
        logging.getLogger().addHandler(handler)
        privacylib.init(exporter=Hanging(), spool=spool)
        write(0)
        held, release = threading.Event(), threading.Event()
        def hold():
            with handler.lock:
                held.set()
                release.wait()
        threading.Thread(target=hold).start()
        held.wait()
        child = os.fork()
        if child == 0:
            write(1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        release.set()
        os._exit(code)
        """,
        spool,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert total(spool) == 2


@pytest.mark.slow
def test_fault_04_forks_under_recording_threads_never_hang(spool: Path) -> None:
    done = run(
        f"""
        privacylib.init(spool=spool)
        stop, counts = threading.Event(), []
        def work(number):
            count = 0
            while not stop.is_set():
                write(number * 100 + count % 100)
                count += 1
            counts.append(count)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads: thread.start()
        for _ in range({FORKS}):
            child = os.fork()
            if child == 0:
                write(1)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in threads: thread.join()
        print(sum(counts))
        """,
        spool,
        timeout=60 + FORKS,
    )
    assert done.stderr == ""
    assert total(spool) == int(done.stdout) + FORKS
    adopt(spool)
    assert total(spool) == int(done.stdout) + FORKS


def test_fault_06_recycled_workers_are_folded_into_one_producer(spool: Path) -> None:
    done = run(
        """
        import multiprocessing
        privacylib.init(spool=spool, service="jobs")
        with multiprocessing.get_context("fork").Pool(4, maxtasksperchild=1) as pool:
            pool.map(write, [0] * 100, chunksize=1)
            pool.close()
            pool.join()
        """,
        spool,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert total(spool) == 100
    assert (adopt(spool) or 0) >= 50
    assert total(spool) == 100
    assert [producer.service for producer in producers(spool)] == ["jobs"]


def test_fault_06_a_master_exports_what_recycled_workers_left(spool: Path) -> None:
    """As Celery's prefork pool does it: a worker ends after a few tasks, by `os._exit`, and another takes its place."""
    done = run(
        """
        import privacylib.drain
        privacylib.drain.LOOK = 0.1
        numbered = set()
        class Keeping(SpanExporter):
            def export(self, spans):
                if os.getpid() != master: return SpanExportResult.FAILURE  # nobody waits for an exporter in a worker
                numbered.update(tuple(span.attributes[f"privacylib.{name}"] for name in names) for span in spans)
                return SpanExportResult.SUCCESS
        master, names = os.getpid(), ("producer", "sequence")
        privacylib.init(exporter=Keeping(), spool=spool, service="celery")
        write(0)
        for _ in range(25):
            workers = []
            for _ in range(2):
                worker = os.fork()
                if worker == 0:
                    write(1, 2)
                    os._exit(0)
                workers.append(worker)
            for worker in workers: assert os.waitpid(worker, 0)[1] == 0
        deadline = time.monotonic() + 50
        while len(numbered) < 101 and time.monotonic() < deadline: time.sleep(0.05)
        print(len(numbered))
        """,
        spool,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "101\n"), done.stderr
    assert total(spool) == 101


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_fault_07_children_of_each_start_method_record(spool: Path, method: str) -> None:
    done = run(
        f"""
        import multiprocessing
        privacylib.init(spool=spool, service="jobs")
        if __name__ == "__main__":
            write(0)
            started = multiprocessing.get_context("{method}")
            workers = [started.Process(target=write, args=(1, 2, 3)) for _ in range(3)]
            for worker in workers: worker.start()
            write(4)
            for worker in workers: worker.join()
            print([worker.exitcode for worker in workers])
        """,
        spool,
    )
    assert (done.stdout, done.stderr) == ("[0, 0, 0]\n", "")
    assert sorted(records_by_pid(spool).values()) == [2, 3, 3, 3]


def test_fault_08_starting_a_program_waits_for_no_exporter(spool: Path) -> None:
    done = run(
        """
        import subprocess
        privacylib.init(exporter=Hanging(), spool=spool)
        write(0)
        for _ in range(5):
            subprocess.run([sys.executable, "-S", "-c", ""], check=True)
            write(1)
        os.write(1, b"done")
        os._exit(0)
        """,
        spool,
    )
    assert (done.stdout, done.stderr) == ("done", "")
    assert total(spool) == 6


def test_fault_08_nothing_is_done_before_a_fork(spool: Path) -> None:
    code = """
import os, sys
hooks = []
register = os.register_at_fork
def watched(**kinds):
    if sys._getframe(1).f_globals["__name__"].startswith("privacylib"):
        hooks.extend(kinds)
    register(**kinds)
os.register_at_fork = watched
import privacylib
privacylib.init(spool=sys.argv[1], instrument=True)
with privacylib.write("file:///r"):
    pass
print(sorted(set(hooks) - {"after_in_child"}))
"""
    done = subprocess.run([sys.executable, "-c", code, spool], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_fault_11_the_first_record_ever_is_made_at_exit_without_an_exporter(spool: Path) -> None:
    done = run("import atexit\nprivacylib.init(spool=spool)\natexit.register(write, 7)\n", spool)
    assert (done.returncode, done.stderr) == (0, "")
    assert total(spool) == 1


def test_fault_11_exit_handlers_that_come_last_are_decided_and_recorded(spool: Path) -> None:
    policy = spool.parent / "policy.yaml"
    policy.write_text("""
version: 1
labels: {CONTACT: {}}
purposes: {order: {}}
assets: [{match: "file:///secret", labels: [CONTACT]}]
requirements: [{id: r1, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}]
""")
    code = """
import atexit, sys
def last():
    with privacylib.write("file:///report"):
        pass
    try:
        with privacylib.read("file:///secret"):
            print("passed")
    except privacylib.PolicyDenied as denied:
        print(denied.decision.requirement)
atexit.register(last)  # before privacylib's own, which therefore runs before it
import privacylib
privacylib.init(service="job", spool=sys.argv[1], policy=sys.argv[2], mode="enforce")
with privacylib.write("file:///report"):
    pass
"""
    done = subprocess.run([sys.executable, "-c", code, spool, policy], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("zone\n", "")
    assert total(spool) == 3
    assert {process.state for process in diagnose([spool]).processes} == {"closed"}


def test_fault_12_handlers_that_raise_in_the_middle_lose_nothing(spool: Path) -> None:
    done = run(
        """
        class Stopped(Exception): pass
        def handler(number, frame): raise Stopped
        signal.signal(signal.SIGTERM, handler)
        privacylib.init(spool=spool)
        ended = begun = 0
        for _ in range(200):
            try:
                threading.Timer(0.001, os.kill, (os.getpid(), signal.SIGTERM)).start()
                while True:
                    begun += 1
                    write(1)
                    ended += 1
            except Stopped:
                pass
        assert signal.getsignal(signal.SIGTERM) is handler
        print(begun, ended, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        spool,
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    begun, ended = map(int, done.stdout.split())
    assert ended <= total(spool) <= begun


@pytest.mark.parametrize("support", ["1", "0"])
def test_fault_05_no_child_breaks_the_channel_of_its_parent(
    spool: Path, support: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", support)
    with receiving() as receiver:
        done = run(
            f"""
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            privacylib.init(exporter=OTLPSpanExporter({receiver.endpoint!r}), spool=spool)
            write(0)
            assert privacylib.flush(30)
            children = []
            for number in range(1, 4):
                child = os.fork()
                if child == 0:
                    write(number)
                    os._exit(0 if privacylib.flush(30) == ({support} == 1) else 1)
                children.append(child)
            print([os.waitpid(child, 0)[1] for child in children])
            write(4)
            print(privacylib.flush(30))
            """,
            spool,
        )
        assert (done.returncode, done.stdout) == (0, "[0, 0, 0]\nTrue\n"), done.stderr
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        command = [sys.executable, "-m", "privacylib.cli", "drain", "--spool", spool]
        assert subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0
        assert sorted(span.name for span in receiver.spans) == [f"WRITE /r{number}" for number in range(5)]
