"""Applications that a client of HTTP calls."""

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["echo", "noting"]


def noting(hits: list[str]) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Return an application that answers in two pieces, and notes which paths were asked for."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        hits.append(environ["PATH_INFO"])
        _body(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (piece for piece in (b"one", b"two"))

    return app


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the method and the body of the request; ``/moved`` leads elsewhere."""
    moved = [("Location", "/there")] if environ["PATH_INFO"] == "/moved" else []
    start_response("302 Found" if moved else "200 OK", [("Content-Type", "text/plain"), *moved])
    return [environ["REQUEST_METHOD"].encode(), b" ", _body(environ)]


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body
