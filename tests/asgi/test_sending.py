"""What one unit of work sends on the open response of another: hubs, broadcasts, pushes."""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

import privacylib
from privacylib.asgi import Middleware
from tests.asgi.serving import serving
from tests.asgi.test_middleware import USERS, users
from tests.watched import POLICY, Watched, watched

pytestmark = pytest.mark.server

MORE = """
zones:
  - {match: "ws://web/**", purpose: reply}
  - {match: "http://web/**", purpose: reply}
"""
ANNOTATED = POLICY.replace(
    "requirements:",
    '  - {match: "ws://web/rich", labels: [CONTACT]}\n'
    '  - {match: "ws://web/friend", labels: [CONTACT]}\n'
    '  - {match: "ws://web/poor", labels: []}\nrequirements:',
)
RICH, FRIEND, POOR = "ws://web/rich", "ws://web/friend#response", "ws://web/poor#response"


class Hub:
    """An application whose connections send on those of others; the first word says how, the second on which."""

    def __init__(self) -> None:
        self.active: dict[str, WebSocket] = {}
        names = ("rich", "friend", "poor")
        self.app = Middleware(Starlette(routes=[WebSocketRoute(f"/{name}", self._speak) for name in names]))

    async def _speak(self, socket: WebSocket) -> None:
        await socket.accept()
        self.active[socket.url.path[1:]] = socket
        async for text in socket.iter_text():
            how, _, at = text.partition(" ")
            try:
                await getattr(self, how)(self.active.get(at, socket))
                told = "sent"
            except privacylib.PolicyDenied as denied:
                told = f"refused by {denied.decision.requirement}"
            await socket.send_text(told)

    async def ping(self, _: WebSocket) -> None: ...

    async def send(self, other: WebSocket) -> None:
        await other.send_text(users())

    async def again(self, other: WebSocket) -> None:
        for _ in range(20):
            await other.send_text(users())

    async def advertise(self, other: WebSocket) -> None:
        text = users()
        with privacylib.zone("ads"):
            await other.send_text(text)

    async def apart(self, other: WebSocket) -> None:
        with privacylib.scope("message", fresh=True), privacylib.zone("reply"):
            await other.send_text(users())

    async def alone(self, other: WebSocket) -> None:
        await contextvars.Context().run(asyncio.ensure_future, self.send(other))


def told(host: str, ask: str, at: str) -> tuple[str, list[str]]:
    """Return what the rich connection is told when it sends on another, and what comes out there."""
    with connect(f"ws://{host}/{at}") as other, connect(f"ws://{host}/rich") as rich:
        other.send("ping")
        assert other.recv() == "sent"
        rich.send(f"{ask} {at}")
        answer = str(rich.recv())
        other.send("ping")
        came: list[str] = []
        while (message := str(other.recv())) != "sent":
            came.append(message)
        return answer, came


def run(directory: Path, ask: str, at: str, mode: str = "enforce") -> tuple[str, list[str], Watched]:
    with watched(directory, MORE, mode, policy=ANNOTATED) as here:
        with serving(Hub().app) as host:
            answer, came = told(host, ask, at)
        return answer, came, here


def test_what_a_response_must_not_have_is_refused_and_the_response_goes_on(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "send", "poor")
    assert (answer, came) == ("refused by flow", [])
    assert (USERS, POOR) not in here.pairs()
    assert [(denied.kind.name, denied.asset) for denied in here.denied()] == [("WRITE", "ws://web/poor")]


def test_where_it_is_observed_it_goes_out_as_an_edge_that_breaks_the_rule(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "send", "poor", "observe")
    assert (answer, came) == ("sent", ["ana@example.org"])
    decisions = {edge.decision for edge in here.edges() if (edge.source, edge.sink) == (USERS, POOR)}
    assert decisions == {"WOULD_DENY"}


def test_what_it_may_have_goes_out_as_an_edge(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "send", "friend")
    assert (answer, came) == ("sent", ["ana@example.org"])
    assert {(USERS, FRIEND), (f"{RICH}#request", FRIEND)} <= here.pairs()


def test_the_purposes_of_whoever_sends_count_too(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "advertise", "friend")
    assert (answer, came) == ("refused by contact-reply", [])
    assert (USERS, FRIEND) not in here.pairs()


def test_a_unit_of_work_of_its_own_is_another_also_within_the_request(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "apart", "poor")
    assert (answer, came) == ("refused by flow", [])
    assert (USERS, POOR) not in here.pairs()


def test_so_is_work_outside_any_scope(tmp_path: Path) -> None:
    answer, came, here = run(tmp_path, "alone", "poor", "observe")
    assert (answer, came) == ("sent", ["ana@example.org"])
    assert (USERS, POOR) in here.pairs()


def test_a_stream_of_messages_is_decided_once(tmp_path: Path) -> None:
    counts: list[int] = []
    for ask in ("send", "again"):
        (tmp_path / ask).mkdir()
        _, _, here = run(tmp_path / ask, ask, "friend")
        counts.append(sum(edge.count for edge in here.edges() if (edge.source, edge.sink) == (USERS, FRIEND)))
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("mode", ["enforce", "observe"])
@pytest.mark.parametrize("start", [True, False])
def test_pieces_of_a_body_and_headers_are_judged_like_messages(tmp_path: Path, mode: str, start: bool) -> None:
    """Two requests of an application that is called as a server calls it; one sends on the other's response."""
    sent: list[dict[str, Any]] = []
    refused: list[str] = []

    async def app(scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        first = {"type": "http.response.start", "status": 200, "headers": [(b"x-told", b"ana")] if start else []}
        if scope["path"] == "/poor":
            opened: Any = scope["opened"]
            if not start:
                await send(first)
            opened.set_result(send)
            await scope["over"]
            if not any(message["type"] == "http.response.start" for message in sent):
                await send({**first, "headers": []})
            await send({"type": "http.response.body", "body": b"last"})
            return
        users()
        try:
            other = scope["other"]
            await other(first if start else {"type": "http.response.body", "body": b"ana", "more_body": True})
        except privacylib.PolicyDenied as denied:
            refused.append(denied.decision.requirement or "")

    async def both() -> None:
        served, over = Middleware(app), asyncio.get_running_loop().create_future()
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def keep(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any: ...

        base: dict[str, Any] = {"type": "http", "headers": [], "client": None}
        poor = asyncio.ensure_future(served({**base, "path": "/poor", "opened": opened, "over": over}, receive, keep))
        with contextlib.suppress(RuntimeError):
            await served({**base, "path": "/rich", "other": await opened}, receive, keep)
        over.set_result(None)
        await poor

    with watched(tmp_path, MORE, mode, policy=ANNOTATED) as here:
        asyncio.run(both())
        pairs = here.pairs()
    bodies = [message["body"] for message in sent if message["type"] == "http.response.body"]
    went = mode == "observe"
    assert refused == ([] if went else ["flow"])
    assert bodies == ([b"ana", b"last"] if went and not start else [b"last"])
    assert any(message.get("headers") for message in sent) == (went and start)
    assert ((USERS, "http://web/poor#response") in pairs) == went
