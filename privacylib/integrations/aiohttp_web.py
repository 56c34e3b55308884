"""aiohttp's server: what it serves is served under the policy, streams and WebSockets included."""

from collections.abc import Awaitable, Callable
from typing import Any

from privacylib.families.http.exchanges import Exchange, resolved, sending
from privacylib.families.http.protocol import REFUSED, Served, refusal
from privacylib.instrumentation.facts import OF_THE_HOST
from privacylib.instrumentation.table import Integration, Replacement
from privacylib.model import PolicyDenied

__all__ = ["INTEGRATION"]

_SEEN = "privacylib.served"
"""Key in the state of a request that is served under the policy."""


def _handling(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def handle_request(protocol: Any, request: Any, start_time: Any, request_handler: Any) -> Any:
        scheme = "ws" if request.headers.get("Upgrade", "").lower() == "websocket" else "http"
        route, headers = await resolved(request_handler, request), list(request.headers.items())
        try:
            served = Served.begin(request.path, route, headers, request.remote, scheme)
        except PolicyDenied as denied:
            return await original(protocol, request, start_time, _always(denied))
        if served is None:
            return await original(protocol, request, start_time, request_handler)
        exchange = request._state[_SEEN] = Exchange(served, _refusal)
        try:
            answered = await original(protocol, request, start_time, exchange.around(request_handler))
            exchange.end()
            return answered
        finally:
            served.leave(refused=exchange.refused)

    return handle_request


def _preparing(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def prepare(response: Any, request: Any) -> Any:
        exchange = request._state.get(_SEEN)
        if exchange is not None and not response.prepared:
            exchange.begin(response)
        return await original(response, request)

    return prepare


_sending = sending(lambda response: None if response._req is None else response._req._state.get(_SEEN))


def _always(denied: PolicyDenied) -> Callable[[Any], Awaitable[Any]]:
    async def handle(_: Any) -> Any:
        return _refusal(denied)

    return handle


def _refusal(denied: PolicyDenied) -> Any:
    from aiohttp.web import Response

    return Response(status=REFUSED, body=refusal(denied)[1], content_type="text/plain", charset="utf-8")


INTEGRATION = Integration(
    "aiohttp_web",
    (
        Replacement("aiohttp.web_protocol:RequestHandler._handle_request", _handling, body=OF_THE_HOST),
        Replacement("aiohttp.web_response:StreamResponse.prepare", _preparing),
        Replacement("aiohttp.web_response:StreamResponse.write", _sending),
        Replacement("aiohttp.web_response:StreamResponse.write_eof", _sending),
        Replacement("aiohttp.web_ws:WebSocketResponse.send_str", _sending),
        Replacement("aiohttp.web_ws:WebSocketResponse.send_bytes", _sending),
        Replacement("aiohttp.web_ws:WebSocketResponse.send_frame", _sending, versions=("3.11", "")),
    ),
    distribution="aiohttp",
    versions=("3.9", "4.0"),
)
