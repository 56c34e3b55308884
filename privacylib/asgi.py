"""ASGI: context, decisions and records for what an ASGI application serves."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias, cast

from privacylib.context import Stage, get_frame
from privacylib.families.http.protocol import HEADER, REFUSED, Served, refusal, without_ours
from privacylib.families.http.routes import Routing
from privacylib.model import PolicyDenied
from privacylib.runtime.sending import is_own

__all__ = ["Middleware"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[Any]]

_HEADER = HEADER.encode()
_SEEN = "privacylib.served"
"""Key in the scope of a request that is served already."""

_SCHEMES = {"http": "http", "websocket": "ws"}
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}
_ENDS = {
    "http.response.body", "http.response.pathsend", "http.response.zerocopysend", "websocket.close",
    "websocket.http.response.body",
}  # fmt: skip
_EMPTY = {"type", "status", "code", "more_body"}
"""Parts of a message that have no content."""

_POLICY_VIOLATION = 1008
"""RFC 6455, 7.4.1."""

_ERROR = 500


class Middleware:
    """Serve an ASGI application under the policy: HTTP and WebSocket; the rest passes through.

    It may stand anywhere in a stack, and more than once; the outermost does the work. A request
    is named when it comes in, by the template of its route where the application's router tells it
    (Starlette, FastAPI), else by its path with personal parts templated.

    A response is decided before its first byte: a denied one is a 403 with the requirement's id,
    and a `PolicyDenied` that the application does not catch is one too, also where its framework
    made a 500 of it. After the first byte the stream is aborted. Background work that the
    application does after its last byte belongs to the request, and not to the response.

    Args:
        app: The application.
        outermost: Whether the server itself stands around it, whose own work, such as its log of accesses, is no part
            of a request.
    """

    def __init__(self, app: Application, outermost: bool = False) -> None:
        self.app = app
        self._outermost = outermost
        self._routing = Routing(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scheme = _SCHEMES.get(scope["type"])
        if scheme is None or _SEEN in scope:
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, _outside(send) if self._outermost else send)
        try:
            served = exchange.served = Served.begin(
                scope["path"], self._routing.route(scope), scope["headers"], _peer(scope), scheme
            )
        except PolicyDenied as denied:
            await exchange.refuse(denied)
            return
        if served is None:
            await self.app(scope, receive, send)
            return
        scope[_SEEN] = True
        try:
            await self.app(scope, receive if scheme == "http" else exchange.receive, exchange.send)
        except PolicyDenied as denied:
            await exchange.stop(denied)
        finally:
            served.leave(refused=exchange.refused)


def _outside(send: Send) -> Send:
    """Let a server send in the frame that it calls the application in."""
    frame = get_frame()

    async def send_outside(message: Message) -> None:
        with Stage(frame):
            await send(message)

    return send_outside


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    return str(client[0]) if client else None


def _with_labels(message: Message, labels: str | None) -> Message:
    """Let labels go back with the headers of a response, and none that a proxy may have copied from elsewhere."""
    given = message.get("headers") or ()
    headers = without_ours(given, _HEADER)
    if labels is None and isinstance(given, list) and len(headers) == len(cast("list[Any]", given)):
        return message
    if labels is not None:
        headers.append((_HEADER, labels.encode()))
    return {**message, "headers": headers}


def _has_content(message: Message) -> bool:
    return any(value for name, value in message.items() if name not in _EMPTY)


class _Exchange:
    """A request with its response, or a WebSocket."""

    __slots__ = ("_receive", "_scope", "_send", "refused", "served", "started")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.served: Served | None = None
        self.started = False
        self.refused = False

    async def receive(self) -> Message:
        """Pass a message of a WebSocket's client on."""
        message = await self._receive()
        if self.served is not None:
            if message["type"] == "websocket.receive":
                self.served.message()
            elif message["type"] == "websocket.disconnect":
                self.served.end()
        return message

    async def send(self, message: Message) -> None:
        """Pass a message of the application on; none, once the response was refused.

        Raises:
            PolicyDenied: The response is refused now, and its refusal is sent; or other work sends what the response
                must not have, which does not go out.
        """
        served = self.served
        if self.refused or served is None:
            return
        kind = message["type"]
        if kind in _STARTS:
            unseen = served.refused if message.get("status") == _ERROR else None
            if unseen is not None:
                await self.refuse(unseen)
                return
            try:
                labels = served.respond()
            except PolicyDenied as denied:
                await self.refuse(denied)
                raise
            message = _with_labels(message, labels)
        if not is_own(served.handle) and _has_content(message):
            served.send_on()
        if kind in _STARTS:
            self.started = True
        await self._send(message)
        if kind == "websocket.send" or message.get("body"):
            served.message()
        if kind in _ENDS and not message.get("more_body"):
            served.end()

    async def refuse(self, denied: PolicyDenied) -> None:
        """Answer with the requirement's id, and let nothing of the application out from now on."""
        if self.refused:
            return
        self.refused = True
        kind = "http.response"
        if self._scope["type"] == "websocket":
            kind = "websocket.http.response"
            if kind not in (self._scope.get("extensions") or ()):
                await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                return
        headers, body = refusal(denied)
        pairs = [(name.encode(), value.encode()) for name, value in headers]
        await self._send({"type": f"{kind}.start", "status": REFUSED, "headers": pairs})
        await self._send({"type": f"{kind}.body", "body": body})

    async def stop(self, denied: PolicyDenied) -> None:
        """Refuse a response, or abort one that has begun.

        Raises:
            PolicyDenied: For the server, which then closes the connection without a last chunk.
        """
        if not self.started:
            await self.refuse(denied)
        elif self._scope["type"] == "websocket":
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            raise denied
