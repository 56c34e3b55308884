"""httpx: each request that a client sends, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http import called
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


def _sync(transport: str) -> Patch:
    return Patch(
        f"httpx:{transport}.handle_request", _request, streams=_streams, sends=_headers, brings=_brought, closes="close"
    )


def _async(transport: str) -> Patch:
    target = f"httpx:{transport}.handle_async_request"
    return Patch(target, _request, streams=_streams, sends=_headers, brings=_brought, closes="aclose")


INTEGRATION = Integration(
    "httpx",
    (_sync("HTTPTransport"), _sync("WSGITransport"), _async("AsyncHTTPTransport"), _async("ASGITransport")),
    distribution="httpx",
    versions=("0.20", "1.0"),
)
