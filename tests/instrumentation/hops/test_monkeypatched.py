"""Programs that gevent has patched, before or after privacylib is imported and started."""

import http.client
import subprocess
import sys
import time
from pathlib import Path

import pytest

from privacylib.doctor import diagnose
from privacylib.instrumentation import patching
from privacylib.instrumentation.hops import installing
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.recorder import producers
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLOSED, OPEN, PEOPLE

INIT = """
import privacylib
privacylib.init("patched", policy=sys.argv[1], spool=sys.argv[2], instrument=True)
"""
PATCH = """
from gevent import monkey
monkey.patch_all(thread="thread" in sys.argv, queue="queue" in sys.argv)
"""
PROGRAM = """
import queue, subprocess, threading
import gevent, privacylib
from tests.instrumentation.hops import work

work.people()  # the main thread's, before the first scope: the process holds it

def purpose():
    return privacylib.current().purpose

def starts(work):
    done = []
    thread = threading.Thread(target=lambda: done.append(work()))
    thread.start()
    thread.join()
    return done[0]

with privacylib.scope("request"), privacylib.zone("reply"):
    assert gevent.spawn(purpose).get() == "reply"
    assert starts(purpose) == "reply"
    gevent.spawn(work.write_open).get()
    starts(work.write_closed)
    told = subprocess.run(
        [sys.executable, "-c", "import os; print(os.environ['BAGGAGE'])"], stdout=subprocess.PIPE, check=True
    )
    assert b"privacylib=" in told.stdout
assert gevent.spawn(purpose).get() is None
assert starts(purpose) is None

items = queue.Queue()
with privacylib.scope("producer"), privacylib.zone("reply"):
    work.clicks()
    items.put(1)
with privacylib.scope("consumer"):
    assert items.get() == 1 and items.empty()
    assert (work.CLICKS in privacylib.current().reads) is (queue.Queue.__module__ == "queue")
"""


@pytest.mark.parametrize("patched", ["thread queue", "thread", "queue", ""])
@pytest.mark.parametrize("order", [(PATCH, INIT), (INIT, PATCH)], ids=["before", "after"])
def test_context_goes_with_greenlets_and_threads_whichever_is_first(
    tmp_path: Path, order: tuple[str, str], patched: str
) -> None:
    work.run_script(tmp_path, "import sys\n" + "".join(order) + PROGRAM, *patched.split())
    assert {(PEOPLE, OPEN), (PEOPLE, CLOSED)} <= work.edges_in(tmp_path)
    told = {each for each in diagnose([tmp_path / "spool"]).uncovered if each.startswith("queue:")}
    assert told == ({"queue:Queue", "queue:LifoQueue", "queue:PriorityQueue"} if "queue" in patched else set())


def test_a_hop_that_cannot_be_put_in_is_a_gap_and_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = [Replacement(int, name, lambda _: lambda: None) for name in ("bit_length", "gone")]
    monkeypatch.setattr(installing, "_hops", made)
    monkeypatch.setattr(installing, "_loaded", set(map(str, vars(installing)["_MODULES"])))
    monkeypatch.setattr(patching, "uncovered", {})
    installing.install()
    installing.install()
    assert patching.uncovered == {
        "builtins:int.bit_length": "cannot be replaced (TypeError)",
        "builtins:int.gone": "cannot be replaced (KeyError)",
    }
    assert len(caplog.messages) == 2


APP = """
import privacylib
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

class Appending(SpanExporter):
    def export(self, spans):
        with open("arrived", "a") as out:
            out.write("".join(f"{span.name}\\n" for span in spans))
        return SpanExportResult.SUCCESS

privacylib.init(service="web", exporter=Appending(), spool="spool", instrument=True)

def app(environ, start_response):
    with privacylib.scope("request"), privacylib.write("file:///answered"):
        start_response("200 OK", [("Connection", "close")])
        return [b"ok"]
"""


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("options", [[], ["--preload"]], ids=["", "preload"])
def test_a_gunicorn_of_greenlets_serves_records_and_exports(tmp_path: Path, free_port: int, options: list[str]) -> None:
    (tmp_path / "app.py").write_text(APP)
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", *options, "-b", f"127.0.0.1:{free_port}", "app:app"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            assert _asked(free_port, server) == b"ok"
        finally:
            server.terminate()
            _, errors = server.communicate(timeout=60)
    assert server.returncode == 0, errors
    assert producers(tmp_path / "spool")
    assert "WRITE /answered" in (tmp_path / "arrived").read_text()


def _asked(port: int, server: "subprocess.Popen[bytes]") -> bytes:
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        except (ConnectionError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    return b""
