"""httpx: each request that a client sends, redirects included, is a CALL, by whatever transport."""

import sys
from collections.abc import Callable
from typing import Any

from privacylib.families.http.protocol import called
from privacylib.instrumentation.facts import COVERED, SEEN, Body, Outgoing, Response
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


_SYNC, _ASYNC = ("HTTPTransport", "WSGITransport"), ("AsyncHTTPTransport", "ASGITransport")
_Describe = Callable[[Call], tuple[Operation, ...]]


def _request(call: Call) -> tuple[Operation, ...]:
    return (called(str(call["request"].url)),)


def _by_another(sends: str, seen: tuple[str, ...]) -> _Describe:
    """Describe the request of a client whose transport is none that is seen itself, or overrides what is seen of it."""

    def describe(call: Call) -> tuple[Operation, ...]:
        transport: object = call["self"]._transport_for_url(call["request"].url)
        by = getattr(type(transport), sends, None)
        own = (getattr(getattr(sys.modules["httpx"], kind), sends) for kind in seen)
        return () if by in own else _request(call)

    return describe


def _is_whole(call: Call) -> Any:
    return call["request"].url.scheme


def _streams(call: Call) -> bool:
    return type(call["request"].stream).__name__ != "ByteStream"


def _headers(call: Call) -> Any:
    return call["request"].headers


def _brought(call: Call) -> Any:
    return call.result.headers.multi_items()


def _on(method: str, closes: str, describe: _Describe = _request, body: Body = SEEN) -> Patch:
    sends, brings = Outgoing(_headers, streams=_streams), Response(_brought, closes)
    return Patch(f"httpx:{method}", describe, sends=sends, brings=brings, takes=_is_whole, body=body)


INTEGRATION = Integration(
    "httpx",
    (
        *(_on(f"{kind}.handle_request", "close") for kind in _SYNC),
        *(_on(f"{kind}.handle_async_request", "aclose") for kind in _ASYNC),
        _on("Client._send_single_request", "close", _by_another("handle_request", _SYNC), COVERED),
        _on("AsyncClient._send_single_request", "aclose", _by_another("handle_async_request", _ASYNC), COVERED),
    ),
    distribution="httpx",
    versions=("0.20", "1.0"),
)
