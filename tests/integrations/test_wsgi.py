"""Applications that an unmodified WSGI server serves, under the policy."""

import logging
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from privacylib.graph import load
from tests.integrations.conformance import SERVED, Conformance, Host, denied, users
from tests.servers import await_port, free_port
from tests.watched import instrumented
from tests.wsgi.serving import serving

pytestmark = pytest.mark.server


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with contacts, piece by piece."""
    if environ["PATH_INFO"] == "/fails":
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"sorry"]
    start_response("200 OK", [("X-Served", users())])
    return (piece for piece in (b"for ", users().encode()))


class TestConformance(Conformance):
    name = "wsgi"
    more = SERVED

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        came: list[str] = []
        with serving(app) as host:

            def get(path: str) -> None:
                answer = httpx.get(f"http://{host}{path}")
                if answer.status_code == 500:
                    raise ConnectionError(answer.text)
                if answer.status_code == 403:
                    raise denied(answer.text)
                came.append(path)

            yield Host(
                sink="http://web/reply/x#response",
                allowed=lambda: get("/reply/x"),
                refused=lambda: get("/leak"),
                arrived=lambda: "/leak" in came,
                failing=lambda: get("/fails"),
                error=ConnectionError,
                streamed=lambda: get("/reply/x"),
                holds=False,
            )


@contextmanager
def logged(path: Path) -> Generator[str]:
    """Serve the application by werkzeug, whose log of accesses goes to a file, and give its host and port."""
    from werkzeug.serving import make_server  # where its log is patched by now

    server, log, handler = make_server("127.0.0.1", 0, app), logging.getLogger("werkzeug"), logging.FileHandler(path)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
        handler.close()


def test_what_came_in_is_behind_the_log_of_accesses_and_nothing_that_was_read(tmp_path: Path) -> None:
    with instrumented(tmp_path, "wsgi", "logging", mode="observe") as here, logged(tmp_path / "access.log") as host:
        httpx.get(f"http://{host}/reply/x").raise_for_status()
    assert "/reply/x" in (tmp_path / "access.log").read_text()
    request, log = "http://web/reply/x#request", f"file://{tmp_path}/access.log"
    assert {pair for pair in here.pairs() if pair[1] in (log, "logging://web/werkzeug")} == {
        (request, log),
        (request, "logging://web/werkzeug"),
    }
    assert ("db://users", "http://web/reply/x#response") in here.pairs()
    assert {edge.correlation_keys for edge in here.edges() if edge.source == request} == {
        here.edges()[0].correlation_keys
    }


def test_an_access_that_must_not_be_logged_is_answered_all_the_same(tmp_path: Path) -> None:
    with instrumented(tmp_path, "wsgi", "logging", more=SERVED) as here, logged(tmp_path / "access.log") as host:
        answer = httpx.get(f"http://{host}/reply/x")
        httpx.get(f"http://{host}/favicon.ico")
    assert (answer.status_code, answer.text) == (200, "for ana@example.org")
    text = (tmp_path / "access.log").read_text()
    assert "/reply/x" not in text
    assert "/favicon.ico" in text
    assert {each.asset for each in here.denied()} == {"db://users", "logging://web/werkzeug"}


GUNICORN = """
def app(environ, start_response):
    with open("read.txt") as file:
        body = file.read().encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.slow
@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_what_came_in_is_behind_the_log_of_accesses_of_gunicorn(tmp_path: Path, worker: str) -> None:
    (tmp_path / "program.py").write_text(GUNICORN)
    (tmp_path / "read.txt").write_text("text")
    port, spool, folder = free_port(), tmp_path / "spool", Path(sys.executable).parent
    options = ["-k", worker, "-b", f"127.0.0.1:{port}", "--access-logfile", "access.log", "program:app"]
    command = [folder / "privacylib", "run", "--service", "web", "--spool", spool, "--", folder / "gunicorn", *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        try:
            await_port(port, process)
            with closing(httpx.Client()) as client:
                client.get(f"http://127.0.0.1:{port}/users/7").raise_for_status()
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert "/users/7" in (tmp_path / "access.log").read_text()
    graph, log = load([spool]), f"file://{tmp_path}/access.log"
    assert {edge.source for edge in graph.edges() if edge.sink == log} == {"http://web/users/{id}#request"}
