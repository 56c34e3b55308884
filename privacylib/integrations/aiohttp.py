"""aiohttp's client: each request that a session sends, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http import called
from privacylib.instrumentation.facts import Outgoing, Pending, Response, argument
from privacylib.instrumentation.table import Answer, Call, Integration, Patch
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


def _response(call: Call) -> Any:
    return call.result


_REQUEST = "aiohttp.client_reqrep:ClientRequest"
_RESPONSE = "aiohttp.client_reqrep:ClientResponse"

INTEGRATION = Integration(
    "aiohttp",
    (
        Patch(f"{_REQUEST}.send", _request, sends=Outgoing(_headers, streams=_streams), lasts=Pending(_response)),
        Answer(f"{_RESPONSE}.start", argument("self"), Response(_headers, closes="close")),
        Answer(f"{_RESPONSE}.close", argument("self")),
    ),
    distribution="aiohttp",
    versions=("3.9", "4.0"),
    connects=("aiohttp", "aiohappyeyeballs"),
)
