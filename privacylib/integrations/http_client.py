"""http.client, and so urllib.request, urllib3, requests and boto: each request sent, redirects included, is a CALL."""

from typing import Any

from privacylib.families.http import HeaderLines, called
from privacylib.instrumentation.table import Call, Integration, Patch
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


def _holder(call: Call) -> Any:
    return call["self"]


def _undo(call: Call) -> None:
    call["self"]._buffer.clear()  # else the next request of the connection would take it along
    call["self"].close()


def _nothing(_: Call) -> None:
    """Bring nothing."""


_CONNECTION = "http.client:HTTPConnection"

INTEGRATION = Integration(
    "http_client",
    (
        Patch(f"{_CONNECTION}.endheaders", _request, streams=_streams, sends=_headers, goes_on=_holder, undo=_undo),
        Patch(f"{_CONNECTION}.getresponse", answers=_holder, brings=_brought, closes="close"),
        Patch(f"{_CONNECTION}.close", answers=_holder, brings=_nothing),
    ),
    connects=("http", "urllib3"),
)
