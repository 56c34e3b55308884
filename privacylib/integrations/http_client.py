"""http.client, and so urllib.request, urllib3, requests and boto: each request sent, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http.protocol import HeaderLines, called
from privacylib.instrumentation.facts import Outgoing, Pending, Response, argument
from privacylib.instrumentation.table import Answer, Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_TLS = 443


def _request(call: Call) -> tuple[Operation, ...]:
    connection = call["self"]
    target = connection._buffer[0].split(b" ")[1].decode("ascii")
    if not target.startswith("/"):  # a proxy is told all of it
        return (called(target),) if "://" in target else (called(_origin(connection)),)
    return (called(_origin(connection) + target),)


def _origin(connection: Any) -> str:
    tunnelled = connection._tunnel_host
    host = (tunnelled or connection.host).strip("[]")
    port = connection._tunnel_port if tunnelled else connection.port
    scheme = "https" if connection.default_port == _TLS else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _streams(call: Call) -> bool:
    """Return whether a body follows that is made while it is sent; urllib3 sends each body so."""
    body = call["message_body"]
    if body is not None:
        return not isinstance(body, (bytes, str))
    return any(name.lower() == b"transfer-encoding" or _has_length(name, value) for name, value in _headers(call))


def _has_length(name: bytes, value: bytes) -> bool:
    return name.lower() == b"content-length" and value != b"0"


def _headers(call: Call) -> HeaderLines:
    return HeaderLines(call["self"]._buffer)


def _brought(call: Call) -> Any:
    return call.result.headers


def _undo(call: Call) -> None:
    call["self"]._buffer.clear()  # else the next request of the connection would take it along
    call["self"].close()


_CONNECTION = "http.client:HTTPConnection"
_ITSELF = argument("self")
_SENDS = Outgoing(_headers, streams=_streams, undo=_undo)

INTEGRATION = Integration(
    "http_client",
    (
        Patch(f"{_CONNECTION}.endheaders", _request, sends=_SENDS, lasts=Pending(_ITSELF)),
        Answer(f"{_CONNECTION}.getresponse", _ITSELF, Response(_brought, closes="close")),
        Answer(f"{_CONNECTION}.close", _ITSELF),
    ),
    connects=("http", "urllib3"),
)
