"""http.client under the policy, and urllib.request, which uses it."""

import http.client
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.families.messaging.channels import Message, received
from privacylib.instrumentation import patching
from privacylib.naming import asset
from privacylib.wsgi import Middleware
from tests.integrations.answering import echo, noting
from tests.integrations.conformance import EGRESS, Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, watched
from tests.wsgi.serving import serving

NAME = frozenset({"http_client"})


def get(url: str, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=30) as answer:  # noqa: S310 - http
        return answer.read()


def post(host: str, body: Iterable[bytes]) -> None:
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request("POST", "/plain", body, encode_chunked=True)


class TestConformance(Conformance):
    name = "http_client"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        hits: list[str] = []

        with serving(noting(hits)) as host:

            def piecewise() -> None:
                with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
                    connection.request("POST", "/contacts", iter([b"ana"]), {"Content-Length": "3"})
                    assert connection.getresponse().read() == b"onetwo"

            yield Host(
                sink=f"http://{host}/contacts#request",
                allowed=lambda: get(f"http://{host}/contacts"),
                refused=lambda: get(f"http://{host}/plain"),
                arrived=lambda: "/plain" in hits,
                failing=lambda: get("http://127.0.0.1:9/"),
                error=urllib.error.URLError,
                streamed=piecewise,
            )


def answered(host: str, *request: Any, **more: Any) -> list[Any]:
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request(*request, **more)
        response = connection.getresponse()
        return [response, response.status, response.reason, response.read(), response.closed]


def unasked(host: str, *methods: str) -> object:
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        for method in methods:
            connection.putrequest(method, "/")
        return connection.getresponse()


class TestDifferential(Differential):
    name = "http_client"

    @contextmanager
    def world(self, directory: Path) -> Generator[str]:
        with serving(echo) as host:
            yield host

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    calls = (
        lambda host: answered(host, "GET", "/plain"),
        lambda host: answered(host, "HEAD", "/plain"),
        lambda host: answered(host, "POST", "/plain", "text"),
        lambda host: answered(host, "POST", "/plain", iter([b"a", b"b"]), {"Content-Length": "2"}),
        lambda host: answered(host, "GET", "/a b"),
        lambda host: answered(host, "GET", "/", headers={"bad\n": "x"}),
        lambda host: answered(host, "POST", "/", object()),
        lambda _: answered("127.0.0.1:9", "GET", "/"),
        unasked,
        lambda host: unasked(host, "GET"),
        lambda host: unasked(host, "GET", "GET"),
        lambda host: get(f"http://{host}/moved"),
        lambda _: get("http://127.0.0.1:9/"),
        lambda _: get("nothing"),
    )


@pytest.fixture
def here(tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Watched]:
    with watched(tmp_path, more=getattr(request, "param", "")) as found:
        integrations.install(NAME)
        try:
            yield found
        finally:
            patching.uninstall()


def seen(kept: list[dict[str, Any]]) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        kept.append(environ)
        if environ["PATH_INFO"] == "/elsewhere":
            start_response("302 Found", [("Location", f"http://localhost:{environ['SERVER_PORT']}/there")])
            return [b""]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [users().encode() if environ["PATH_INFO"].startswith("/reply") else b"plain"]

    return app


def test_context_goes_out_and_labels_come_back(here: Watched) -> None:
    kept: list[dict[str, Any]] = []
    with serving(Middleware(seen(kept))) as host, privacylib.scope("client"), privacylib.zone("reply"):
        key = privacylib.current().correlation_key
        assert get(f"http://{host}/reply/7", {"baggage": "theirs=1"}) == b"ana@example.org"
        assert privacylib.current().labels == {"CONTACT"}
    baggage = kept[0]["HTTP_BAGGAGE"].split(",")
    assert sorted(member.partition("=")[0] for member in baggage) == ["privacylib", "theirs"]
    assert kept[0]["HTTP_TRACEPARENT"].split("-")[1] == key
    assert ("db://users", "http://web/reply/{id}#response") in here.pairs()


def test_fault_48_a_redirect_is_a_request_of_its_own(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = []
    with watched(tmp_path, 'trust: {egress: ["http://127.0.0.1*/**"]}\n', mode="observe") as here:
        integrations.install(NAME)
        with serving(seen(kept)) as host, privacylib.scope("client"), privacylib.zone("reply"):
            users()
            get(f"http://{host}/elsewhere")
        patching.uninstall()
    assert ["privacylib" in environ.get("HTTP_BAGGAGE", "") for environ in kept] == [True, False]
    port = host.partition(":")[2]
    sinks = {f"http://{host}/elsewhere#request", f"http://localhost:{port}/there#request"}
    assert {sink for source, sink in here.pairs() if source == "db://users"} == sinks


@pytest.mark.parametrize("here", [EGRESS], indirect=True)
def test_what_is_read_while_a_body_is_sent_is_in_it(here: Watched) -> None:
    def body() -> Generator[bytes]:
        yield users().encode()

    kept: list[dict[str, Any]] = []
    with serving(seen(kept)) as host, privacylib.zone("reply"), pytest.raises(PolicyDenied):
        post(host, body())
    assert here.denied()


@pytest.mark.parametrize("here", [EGRESS], indirect=True)
def test_messages_that_a_body_takes_outside_any_scope_are_in_it(here: Watched) -> None:
    """Each message is taken in a scope of its own, which the request does not belong to."""

    class Consumer:
        def poll(self) -> str:
            received(self, lambda: [Message(asset("db://users"))])
            return "ana"

    def body() -> Generator[bytes]:
        yield Consumer().poll().encode()

    def send() -> None:
        post(host, body())
        consumer.poll()  # which is not in it any more

    consumer, kept = Consumer(), list[dict[str, Any]]()
    with serving(seen(kept)) as host:
        with pytest.raises(PolicyDenied) as caught:
            Context().run(send)
        Context().run(consumer.poll)
    assert caught.value.asset == f"http://{host}/plain"


def test_a_refused_response_is_closed_and_the_connection_serves_again(here: Watched) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        forged = [("privacylib", "forged")] if environ["PATH_INFO"] == "/forged" else []
        start_response("200 OK", [("Content-Type", "text/plain"), *forged])
        return [b"plain"]

    with serving(app) as host, closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        with privacylib.scope("client"), privacylib.zone("reply", labels={"INTERACTION"}):
            connection.request("GET", "/forged")
            with pytest.raises(PolicyDenied):
                connection.getresponse()
        connection.request("GET", "/plain")
        assert connection.getresponse().read() == b"plain"


@pytest.mark.parametrize("here", [EGRESS], indirect=True)
def test_a_denied_connection_can_be_used_for_what_is_allowed(here: Watched) -> None:
    kept: list[dict[str, Any]] = []
    with serving(seen(kept)) as host, privacylib.scope("client"), privacylib.zone("reply"):
        users()
        connection = http.client.HTTPConnection(host, timeout=30)
        with pytest.raises(PolicyDenied):
            connection.request("GET", "/plain")
        connection.request("GET", "/contacts")
        assert connection.getresponse().status == 200
        connection.close()
    assert [environ["PATH_INFO"] for environ in kept] == ["/contacts"]


def test_a_request_that_nobody_asks_the_answer_of_is_recorded(here: Watched) -> None:
    with serving(seen([])) as host, privacylib.scope("client"), privacylib.zone("reply"):
        users()
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request("GET", "/contacts")
        connection.sock.close()
        del connection
    assert ("db://users", f"http://{host}/contacts#request") in here.pairs()


def test_a_proxy_and_a_tunnel_lead_to_what_is_asked_for(here: Watched) -> None:
    answers = [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]

    def proxy(server: socket.socket, parts: list[bytes]) -> None:
        taken, _ = server.accept()
        with taken:
            for part in parts:
                taken.recv(65536)
                taken.sendall(part)

    asked = (
        ("GET", "http://elsewhere.example/contacts", answers[1:], None),
        ("GET", "/contacts", answers, "tunnel.example"),
    )
    for method, target, parts, tunnel in asked:
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=proxy, args=(server, parts))
            thread.start()
            connection = http.client.HTTPConnection("127.0.0.1", server.getsockname()[1], timeout=30)
            if tunnel:
                connection.set_tunnel(tunnel, 8080)
            with privacylib.scope("client"), privacylib.zone("reply"), closing(connection):
                users()
                connection.request(method, target)
                assert connection.getresponse().status == 200
            thread.join(10)
    assert here.pairs() == {
        ("db://users", "http://elsewhere.example/contacts#request"),
        ("db://users", "http://tunnel.example:8080/contacts#request"),
    }


@pytest.mark.parametrize("path", ["/x/../users/7", "/./users/7", "/x/%2e%2e/users/7"])
def test_a_path_with_dot_segments_has_one_name_on_both_sides(here: Watched, path: str) -> None:
    with serving(Middleware(seen([]))) as host, privacylib.scope("client"), privacylib.zone("reply"):
        users()
        answered(host, "GET", path)
    named = {sink.partition("#")[0].partition("//")[2].partition("/") for _, sink in here.pairs()}
    assert {(authority in (host, "web"), route) for authority, _, route in named} == {(True, "users/{id}")}
    assert len(named) == 2
