"""httpx: each request that a client sends, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http import called
from privacylib.instrumentation.facts import Outgoing, Response
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _request(call: Call) -> tuple[Operation, ...]:
    return (called(str(call["request"].url)),)


def _streams(call: Call) -> bool:
    return type(call["request"].stream).__name__ != "ByteStream"


def _headers(call: Call) -> Any:
    return call["request"].headers


def _brought(call: Call) -> Any:
    return call.result.headers.multi_items()


def _on(method: str, closes: str) -> Patch:
    sends, brings = Outgoing(_headers, streams=_streams), Response(_brought, closes)
    return Patch(f"httpx:{method}", _request, sends=sends, brings=brings, takes=lambda call: call["request"].url.scheme)


INTEGRATION = Integration(
    "httpx",
    (
        *(_on(f"{kind}.handle_request", "close") for kind in ("HTTPTransport", "WSGITransport")),
        *(_on(f"{kind}.handle_async_request", "aclose") for kind in ("AsyncHTTPTransport", "ASGITransport")),
    ),
    distribution="httpx",
    versions=("0.20", "1.0"),
)
