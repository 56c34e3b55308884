"""aiohttp's client: each request that a session sends, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http import called
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _request(call: Call) -> tuple[Operation, ...]:
    return (called(str(call["self"].url)),)


def _streams(call: Call) -> bool:
    """Return whether a body is sent while the response is waited for: all but what is there whole."""
    body = call["self"].body
    return bool(body) and type(body).__name__ not in ("bytes", "BytesPayload", "StringPayload", "JsonPayload")


def _headers(call: Call) -> Any:
    return call["self"].headers


def _holder(call: Call) -> Any:
    return call["self"]


def _response(call: Call) -> Any:
    return call.result


def _brought(call: Call) -> Any:
    return call["self"].headers


def _nothing(_: Call) -> None:
    """Bring nothing."""


INTEGRATION = Integration(
    "aiohttp",
    (
        Patch(
            "aiohttp.client_reqrep:ClientRequest.send", _request, streams=_streams, sends=_headers, goes_on=_response
        ),
        Patch("aiohttp.client_reqrep:ClientResponse.start", answers=_holder, brings=_brought, closes="close"),
        Patch("aiohttp.client_reqrep:ClientResponse.close", answers=_holder, brings=_nothing),
    ),
    distribution="aiohttp",
    versions=("3.9", "4.0"),
    connects=("aiohttp", "aiohappyeyeballs"),
)
