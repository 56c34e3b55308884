"""What a WSGI application serves, over a real server."""

import contextlib
import copy
import http.client
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest
from flask import Flask

import privacylib
from privacylib.context import get_frame
from privacylib.wsgi import Middleware
from tests.watched import Watched, watched
from tests.wsgi.serving import serving

pytestmark = pytest.mark.server

ZONES = """
zones:
  - {match: "http://web/reply/**", purpose: reply}
  - {match: "http://web/leak", purpose: reply}
  - {match: "http://web/late", purpose: reply}
"""
USERS = "db://users"
TEXT = [("Content-Type", "text/plain")]


@privacylib.reads(USERS)
def users() -> bytes:
    return b"ana@example.org"


@contextmanager
def getting(app: Callable[..., Any]) -> Generator[Callable[[str], tuple[int, bytes]]]:
    """Serve an application, and give a function that gets a path."""
    with serving(app) as host:

        def get(path: str) -> tuple[int, bytes]:
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, body

        yield get


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path, ZONES) as found:
        yield found


class Body:
    """An iterable that is not its own iterator, and counts how often it is closed."""

    def __init__(self, *steps: Callable[[], bytes]) -> None:
        self.steps = steps
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return (step() for step in self.steps)

    def close(self) -> None:
        self.closed += 1


def answering(body: Iterable[bytes], status: str = "200 OK") -> Callable[..., Iterable[bytes]]:
    def app(_: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, TEXT)
        return body

    return app


def test_a_body_that_is_generated_later_belongs_to_the_request(here: Watched) -> None:
    with getting(validator(Middleware(validator(answering(Body(lambda: b"for ", users)))))) as get:
        assert get("/reply/7") == (200, b"for ana@example.org")
    assert (USERS, "http://web/reply/{id}#response") in here.pairs()


def test_fault_33_an_iterable_that_is_not_its_iterator_is_closed_once(here: Watched) -> None:
    body = Body(lambda: b"one", lambda: b"two")
    with getting(Middleware(answering(body))) as get:
        assert get("/") == (200, b"onetwo")
    assert body.closed == 1


def test_fault_33_a_refused_body_is_closed_once(here: Watched) -> None:
    body = Body(users)
    with getting(Middleware(answering(body))) as get:
        assert get("/leak") == (403, b"flow")
    assert body.closed == 1
    assert not [edge for edge in here.edges() if edge.source == USERS]


def test_no_frame_stays_between_the_steps_of_a_body(here: Watched) -> None:
    body = Middleware(answering(Body(lambda: b"one", lambda: b"two")))({"PATH_INFO": "/"}, lambda *_: print)
    assert get_frame() is None
    for _ in body:
        assert get_frame() is None
    body.close()  # type: ignore[attr-defined] - PEP 3333: a body may have one
    assert get_frame() is None


def test_a_denied_read_before_the_first_byte_is_a_403(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        return [users()]

    with getting(Middleware(app)) as get:
        assert get("/ads") == (403, b"zone")


def test_a_body_is_aborted_after_its_first_byte(here: Watched) -> None:
    body = Body(lambda: b"first", users, lambda: b"last")
    with getting(Middleware(answering(body))) as get:
        assert get("/late") == (200, b"first")
    assert body.closed == 1
    assert not [edge for edge in here.edges() if edge.source == USERS]


def test_fault_51_written_bytes_are_decided_too(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", TEXT)
        text = users()
        with contextlib.suppress(Exception):
            write(text)
        return [text]

    with getting(Middleware(app)) as get:
        assert get("/leak") == (403, b"flow")
        assert get("/reply/x") == (200, b"ana@example.org" * 2)


def test_headers_may_be_replaced_before_the_first_byte(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        start_response("503 Unavailable", TEXT, (ValueError, ValueError(), None))
        return [b"sorry"]

    with getting(Middleware(app)) as get:
        assert get("/") == (503, b"sorry")


def test_one_piece_keeps_its_content_length(here: Watched) -> None:
    assert len(Middleware(answering([b"one"]))({"PATH_INFO": "/"}, lambda *_: print)) == 1  # type: ignore[arg-type] - as servers call it


def test_an_open_file_goes_to_the_server_as_it_is(here: Watched, tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_bytes(b"page")
    kept: list[Any] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        kept.append(environ["wsgi.file_wrapper"](file.open("rb")))
        return kept[0]

    with getting(Middleware(app)) as get:
        assert get("/page") == (200, b"page")
    assert kept[0].filelike.closed
    assert ("http://web/page#request", "http://web/page#response") in here.pairs()


def test_an_error_of_the_application_is_the_servers(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        raise ValueError("of its own")

    middleware = Middleware(app)
    with pytest.raises(ValueError, match="of its own"):
        middleware({"PATH_INFO": "/"}, lambda *_: print)
    assert get_frame() is None


def test_flask_tells_its_routes_and_its_500_is_a_403(here: Watched) -> None:
    def reply(kind: str) -> bytes:
        return users() if kind else b""

    app = Flask("shop")
    app.add_url_rule("/reply/<string:kind>", view_func=reply)
    app.add_url_rule("/ads", view_func=users, endpoint="ads")
    app.wsgi_app = Middleware(app.wsgi_app)
    with getting(app) as get:
        assert get("/reply/short") == (200, b"ana@example.org")
        assert get("/ads") == (403, b"zone")
        assert get("/nowhere")[0] == 404
    assert (USERS, "http://web/reply/{kind}#response") in here.pairs()
    assert ("http://web/{…}#request", "http://web/{…}#response") in here.pairs()


def test_before_init_everything_passes_through() -> None:
    result = [b"one"]
    assert Middleware(answering(result))({"PATH_INFO": "/"}, lambda *_: print) is result


def test_what_stands_in_the_environment_of_a_request_is_a_mere_mark_to_whoever_prints_or_copies_it(
    tmp_path: Path,
) -> None:
    found: list[object] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        mark = environ["privacylib.served"]
        found.extend((repr(mark), copy.deepcopy(mark), copy.copy(mark)))
        start_response("200 OK", TEXT)
        return [b""]

    with watched(tmp_path), serving(Middleware(app)) as host:
        connection = http.client.HTTPConnection(host)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    assert found == ["True", True, True]
