"""aiohttp's client: each request that a session sends, redirects included, is a CALL.

What is sent over a WebSocket once it stands brings no context along, so that it needs an annotated endpoint.
"""

from typing import Any

from privacylib.families.http.protocol import called
from privacylib.instrumentation.facts import Outgoing, Pending, Response, argument
from privacylib.instrumentation.table import Answer, Call, Describe, Integration, Patch
from privacylib.model import Kind, Operation

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


def _over(kind: Kind, field: str) -> Describe:
    """Return what describes that a message goes, or comes, over a WebSocket."""
    return lambda call: (Operation(kind, called(str(call["self"]._response.url)).asset, (field,)),)


_REQUEST = "aiohttp.client_reqrep:ClientRequest"
_RESPONSE = "aiohttp.client_reqrep:ClientResponse"
_SOCKET = "aiohttp.client_ws:ClientWebSocketResponse"
_sent = _over(Kind.WRITE, "request")

INTEGRATION = Integration(
    "aiohttp",
    (
        Patch(f"{_REQUEST}.send", _request, sends=Outgoing(_headers, streams=_streams), lasts=Pending(_response)),
        Answer(f"{_RESPONSE}.start", argument("self"), Response(_headers, closes="close")),
        Answer(f"{_RESPONSE}.close", argument("self")),
        *(Patch(f"{_SOCKET}.send_{what}", _sent) for what in ("str", "bytes")),
        Patch(f"{_SOCKET}.send_frame", _sent, versions=("3.11", "")),
        Patch(f"{_SOCKET}.receive", _over(Kind.READ, "response")),
    ),
    distribution="aiohttp",
    versions=("3.9", "4.0"),
    connects=("aiohttp", "aiohappyeyeballs"),
)
