"""The standard library's logging under the policy."""

import logging
import logging.handlers
import queue
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import POLICY, Watched, instrumented, watched

LOG = ("db://users", "logging://web/contacts")


@contextmanager
def logger(name: str, *handlers: logging.Handler) -> Generator[logging.Logger]:
    """Give a logger with nobody else's handlers, and close its own in the end."""
    found = logging.getLogger(name)
    found.handlers[:] = handlers
    found.propagate = False
    found.setLevel(logging.INFO)
    try:
        yield found
    finally:
        found.handlers.clear()
        found.propagate = True
        found.setLevel(logging.NOTSET)
        for handler in handlers:
            handler.close()


class TestConformance(Conformance):
    name = "logging"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        path = directory / "contacts.log"
        with logger("contacts", logging.FileHandler(path)) as allowed, logger("plain", *allowed.handlers) as refused:

            async def awaited() -> None:
                allowed.info("one %s", "line")

            yield Host(
                sink="logging://web/contacts",
                allowed=lambda: allowed.info("one line"),
                refused=lambda: refused.warning("another"),
                arrived=lambda: "another" in path.read_text(),
                failing=lambda: allowed.log("no level", "x"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - to see it fail
                error=TypeError,
                awaited=awaited,
            )


class TestDifferential(Differential):
    name = "logging"
    more = 'naming: [{match: "logging://web/plain", as: "logging://web/plain"}]\n'

    @contextmanager
    def world(self, directory: Path) -> Generator[tuple[logging.Logger, Path]]:
        path = directory / "contacts.log"
        with logger("contacts", logging.FileHandler(path)) as found:
            yield found, path

    calls = (
        lambda here: here[0].info("one %s", "line"),
        lambda here: here[0].debug("not this"),
        lambda here: here[0].info("wrong %d", "kind", exc_info=True),
        lambda here: here[0].log("no level", "x"),
        lambda here: here[0].handlers[0]._open().close(),
        lambda here: here[0].callHandlers(here[0].makeRecord("x", 20, "f", 1, "m", (), None)),
        lambda here: here[0].callHandlers(None),
    )

    def effects(self, world: Any) -> object:
        return world[1].read_text()


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "logging", "files", "http_client", mode="observe") as found:
        yield found


def log(logger: logging.Logger, name: str = "work") -> None:
    with privacylib.scope(name, fresh=True), privacylib.zone("reply"):
        users()
        logger.info("a line")


def sinks(here: Watched) -> dict[str, int]:
    return {edge.sink: edge.count for edge in here.edges() if edge.source == "db://users"}


def test_a_file_is_one_record_for_each_line_also_where_it_is_rotated(here: Watched, tmp_path: Path) -> None:
    path = tmp_path / "contacts.log"
    handlers = (
        logging.handlers.RotatingFileHandler(path, maxBytes=1, backupCount=9, delay=True),
        logging.handlers.WatchedFileHandler(tmp_path / "watched.log"),
    )
    with logger("contacts", *handlers) as found:
        for _ in range(3):
            log(found)
    found_there = {sink: count for sink, count in sinks(here).items() if not sink.startswith(f"file://{path}.")}
    assert found_there == {"logging://web/contacts": 3, f"file://{path}": 3, f"file://{tmp_path}/watched.log": 3}
    assert path.with_suffix(".log.2").read_text() == "a line\n"


@pytest.mark.parametrize("stdout", [True, False])
def test_streams_are_the_loggers_alone(here: Watched, capsys: pytest.CaptureFixture[str], stdout: bool) -> None:
    import sys

    with logger("contacts", logging.StreamHandler(sys.stdout if stdout else sys.stderr)) as found:
        log(found)
    assert "a line\n" in capsys.readouterr()
    assert sinks(here) == {"logging://web/contacts": 1}


def test_what_no_handler_takes_is_not_written(here: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    high = logging.StreamHandler()
    high.setLevel(logging.ERROR)
    with logger("contacts", logging.NullHandler(), high) as found:
        log(found)
        found.debug("nor this")
        with logger("contacts.inner") as inner:  # nobody there: what matters goes to stderr
            log(inner)
            assert sinks(here) == {}
            with privacylib.scope("work", fresh=True):
                users()
                inner.warning("last resort")
    assert sinks(here) == {"logging://web/contacts.inner": 1}
    assert capsys.readouterr().err == "last resort\n"


def test_sockets_and_system_logs_are_sinks(here: Watched) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        tcp, udp = server.getsockname()[1], datagrams.getsockname()[1]
        handlers = (
            logging.handlers.SocketHandler("127.0.0.1", tcp),
            logging.handlers.DatagramHandler("127.0.0.1", udp),
            logging.handlers.SysLogHandler(("127.0.0.1", udp)),
        )
        with logger("contacts", *handlers) as found:
            log(found)
    addresses = {f"tcp://127.0.0.1:{tcp}/log", f"udp://127.0.0.1:{udp}/log", f"syslog://127.0.0.1:{udp}/log"}
    assert sinks(here).keys() == {"logging://web/contacts", *addresses}


def test_a_line_sent_over_http_is_a_call(here: Watched) -> None:
    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the host's name
            """Tell nobody."""

    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b""]

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        threading.Thread(target=server.handle_request).start()
        host = f"127.0.0.1:{server.server_port}"
        with logger("contacts", logging.handlers.HTTPHandler(host, "/lines")) as found:
            log(found)
    assert sinks(here) == {"logging://web/contacts": 1, f"http://{host}/lines#request": 1}


def test_what_is_kept_back_counts_when_it_is_logged(here: Watched, tmp_path: Path) -> None:
    file = logging.FileHandler(tmp_path / "kept.log")
    kept = logging.handlers.MemoryHandler(9, target=file, flushOnClose=False)
    with logger("contacts", kept) as found, logger("another", file):
        log(found)
        with privacylib.scope("other", fresh=True):
            with privacylib.read("db://asked"):
                pass
            kept.flush()
    assert sinks(here) == {"logging://web/contacts": 1, f"file://{tmp_path}/kept.log": 1}
    assert "db://asked" not in {source for source, _ in here.pairs()}


def test_a_listener_writes_each_line_in_its_producers_context(here: Watched, tmp_path: Path) -> None:
    lines: queue.Queue[logging.LogRecord] = queue.Queue()
    listener = logging.handlers.QueueListener(lines, logging.FileHandler(tmp_path / "queued.log"))
    listener.start()
    with logger("contacts", logging.handlers.QueueHandler(lines)) as found:
        log(found)
        with privacylib.scope("other", fresh=True):
            with privacylib.read("db://asked"):
                pass
            found.info("another")
    listener.stop()
    listener.handlers[0].close()
    places = ("logging://web/contacts", f"file://{tmp_path}/queued.log")
    assert here.pairs() == {(source, place) for source in ("db://users", "db://asked") for place in places}
    assert {edge.count for edge in here.edges()} == {1}


class Forwarding(logging.Handler):
    """A handler of a program's own, around another one."""

    def __init__(self, target: logging.Handler, way: str) -> None:
        super().__init__()
        self.target, self.way = target, way

    def emit(self, record: logging.LogRecord) -> None:
        getattr(self.target, self.way)(record)


@pytest.mark.parametrize("way", ["handle", "emit"])
@pytest.mark.parametrize("kind", [logging.FileHandler, logging.handlers.RotatingFileHandler])
def test_a_line_that_another_handler_hands_on_is_seen_once(
    here: Watched, tmp_path: Path, way: str, kind: type[logging.FileHandler]
) -> None:
    file = kind(tmp_path / "inner.log", delay=True)
    with logger("contacts", Forwarding(file, way)) as found:
        log(found)
        log(found)
        found.addHandler(file)  # told by its logger as well, and written twice
        log(found)
    file.close()
    assert sinks(here) == {"logging://web/contacts": 3, f"file://{tmp_path}/inner.log": 3}
    assert (tmp_path / "inner.log").read_text() == "a line\n" * 4


@pytest.mark.parametrize("way", ["handle", "emit"])
def test_a_line_that_another_handler_hands_on_is_refused_before_it_is_written(tmp_path: Path, way: str) -> None:
    file = logging.FileHandler(tmp_path / "inner.log")
    with instrumented(tmp_path, "logging"), logger("contacts", Forwarding(file, way)) as found:
        with pytest.raises(PolicyDenied, match=r"inner\.log"):
            log(found)
        found.info("nothing was read")
    file.close()
    assert (tmp_path / "inner.log").read_text() == "nothing was read\n"


def test_a_line_that_another_handler_keeps_back_counts_when_it_gets_it(here: Watched, tmp_path: Path) -> None:
    file = logging.FileHandler(tmp_path / "kept.log")
    file.setLevel(logging.ERROR)  # which nobody asks for any more
    kept = logging.handlers.MemoryHandler(2, target=file, flushOnClose=False)
    with logger("contacts", Forwarding(kept, "handle")) as found, logger("another", file):
        log(found)
        with privacylib.scope("other", fresh=True):
            with privacylib.read("db://asked"):
                pass
            found.info("the one that it is full with")
    path = f"file://{tmp_path}/kept.log"
    assert (tmp_path / "kept.log").read_text() == "a line\nthe one that it is full with\n"
    assert {pair for pair in here.pairs() if pair[1] == path} == {("db://users", path), ("db://asked", path)}
    assert {edge.count for edge in here.edges()} == {1}


def test_a_listener_whose_handler_hands_lines_on_writes_each_once(here: Watched, tmp_path: Path) -> None:
    lines: queue.Queue[logging.LogRecord] = queue.Queue()
    file = logging.FileHandler(tmp_path / "queued.log")
    listener = logging.handlers.QueueListener(lines, Forwarding(file, "handle"), file)
    listener.start()
    with logger("contacts", logging.handlers.QueueHandler(lines)) as found:
        log(found)
    listener.stop()
    file.close()
    assert sinks(here) == {"logging://web/contacts": 1, f"file://{tmp_path}/queued.log": 1}
    assert (tmp_path / "queued.log").read_text() == "a line\n" * 2


def test_a_line_that_another_handler_sends_is_seen(here: Watched) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        udp = datagrams.getsockname()[1]
        inner = (
            logging.handlers.DatagramHandler("127.0.0.1", udp),
            logging.handlers.SysLogHandler(("127.0.0.1", udp)),
        )
        with logger("contacts", *(Forwarding(each, "handle") for each in inner)) as found:
            log(found)
        for each in inner:
            each.close()
    assert sinks(here) == dict.fromkeys(
        ("logging://web/contacts", f"udp://127.0.0.1:{udp}/log", f"syslog://127.0.0.1:{udp}/log"), 1
    )


FED = POLICY.replace(
    '{match: "logging://web/contacts", labels: [CONTACT]}',
    '{match: "logging://web/contacts", labels: [CONTACT], feeds: ["duckdb:///data/shop.duckdb/main.events"]}',
)
TABLE = "duckdb:///data/shop.duckdb/main.events"


def test_what_the_policy_says_that_a_log_feeds_is_an_edge_from_configuration(tmp_path: Path) -> None:
    with watched(tmp_path, policy=FED, mode="observe") as here:
        integrations.install(frozenset({"logging"}))
        with logger("contacts", logging.StreamHandler()) as found:
            log(found)
            log(found)
        patching.uninstall()
    edges = {(edge.source, edge.sink): (edge.evidence.value, edge.count, edge.labels) for edge in here.edges()}
    assert edges == {
        LOG: ("context", 2, ("CONTACT",)),
        (LOG[1], TABLE): ("parsed", 2, ("CONTACT",)),
        (LOG[0], TABLE): ("context", 2, ("CONTACT",)),
    }


def test_a_line_that_may_not_be_in_the_table_it_feeds_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with watched(tmp_path, policy=FED):
        integrations.install(frozenset({"logging"}))
        with logger("contacts", logging.StreamHandler()) as found, pytest.raises(PolicyDenied, match=r"main\.events"):
            log(found)
        patching.uninstall()
    assert capsys.readouterr().err == ""


def test_own_lines_are_never_recorded(here: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    with logger("privacylib", logging.StreamHandler()) as ours, logger("privacylibrary", *ours.handlers) as theirs:
        log(ours)
        log(logging.getLogger("privacylib.inner"))
        log(theirs)
    assert sinks(here) == {"logging://web/privacylibrary": 1}


def test_a_disabled_level_passes_by_what_is_patched(tmp_path: Path) -> None:
    before = dict(vars(logging.Logger))
    with watched(tmp_path):
        integrations.install(frozenset({"logging"}))
        after = dict(vars(logging.Logger))
        patching.uninstall()
    assert [name for name in before if after[name] is not before[name]] == ["callHandlers"]


def lines(spool: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in spool.rglob("*") if path.is_file())


def test_fault_50_what_is_logged_is_kept_nowhere(here: Watched, tmp_path: Path) -> None:
    with logger("contacts", logging.FileHandler(tmp_path / "contacts.log")) as found, privacylib.scope("work"):
        users()
        found.info("canary-5c1f %s", "canary-5c1f")
    assert not [content for content in lines(here.spool) if b"canary-5c1f" in content]


def test_a_line_goes_to_the_open_file_that_a_handler_was_given(here: Watched, tmp_path: Path) -> None:
    with (
        privacylib.scope("work", fresh=True),
        (tmp_path / "k.log").open("w") as file,
        logger("contacts", logging.StreamHandler(file)) as found,
    ):
        with privacylib.read("db://plain"):
            pass
        found.info("line")
        assert ("db://plain", f"file://{tmp_path}/k.log") in here.pairs()
    with logger("contacts", logging.StreamHandler(file)) as found, pytest.MonkeyPatch.context() as patched:
        patched.setattr(logging, "raiseExceptions", False)
        found.info("the file is closed")
