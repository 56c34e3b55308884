"""WSGI: context, decisions and records for what a WSGI application serves (PEP 3333)."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from privacylib.context import Stage, get_frame, set_frame
from privacylib.families.http.accesses import SERVED, Mark
from privacylib.families.http.protocol import HEADER, REFUSED, Served, refusal, without_ours
from privacylib.families.http.routes import wsgi_route
from privacylib.model import PolicyDenied

__all__ = ["Middleware"]

Environ: TypeAlias = dict[str, Any]
Headers: TypeAlias = list[tuple[str, str]]
StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]
Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]


class Middleware:
    """Serve a WSGI application under the policy.

    A request is named when it comes in, by the template of its route where the application's
    router tells it (Flask, Django), else by its path with personal parts templated.

    A response is decided when its headers are due: before the first piece of the body, or the
    first `write`. A denied one is a 403 with the requirement's id, and a `PolicyDenied` that the
    application does not catch is one too, also where its framework made a 500 of it. Later the
    body is aborted.

    Args:
        app: The application.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if SERVED in environ:
            return self.app(environ, start_response)
        outer = get_frame()
        try:
            served = Served.begin(_path(environ), wsgi_route(self.app, environ), _headers(environ), _peer(environ))
        except PolicyDenied as denied:
            return _refuse(denied, start_response)
        if served is None:
            return self.app(environ, start_response)
        environ[SERVED] = Mark(served)
        exchange = _Exchange(served, start_response)
        try:
            return _answer(self.app, environ, exchange)
        finally:
            set_frame(outer)


def _answer(app: Application, environ: Environ, exchange: "_Exchange") -> Iterable[bytes]:
    try:
        result = app(environ, exchange.start_response)
    except PolicyDenied as denied:
        exchange.leave_refused(denied)
        return [exchange.refusal or b""]
    except BaseException:
        exchange.served.leave()
        raise
    if _is_open_file(result, environ) and exchange.begin_or_refuse():
        exchange.served.end()  # all of it is known, and the server may send it without looking at it
        exchange.served.leave()
        return result
    return (_SizedBody if hasattr(result, "__len__") else _Body)(exchange, result)


def _is_open_file(result: Iterable[bytes], environ: Environ) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return (
        isinstance(wrapper, type)
        and isinstance(result, wrapper)
        and hasattr(getattr(result, "filelike", None), "fileno")
    )


def _path(environ: Environ) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _peer(environ: Environ) -> str | None:
    return environ.get("REMOTE_ADDR") or None


def _headers(environ: Environ) -> list[tuple[str, str]]:
    return [(name[5:].lower(), value) for name, value in environ.items() if name.startswith("HTTP_")]


def _refuse(denied: PolicyDenied, start_response: StartResponse) -> list[bytes]:
    headers, body = refusal(denied)
    start_response(f"{REFUSED} Forbidden", headers)
    return [body]


class _Exchange:
    """A request and its response, up to the headers."""

    def __init__(self, served: Served, start_response: StartResponse) -> None:
        self.served = served
        self.refusal: bytes | None = None
        self._to_server = start_response
        self._head: tuple[str, Headers] | None = None
        self._write: Callable[[bytes], object] | None = None

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        """Keep status and headers until the first byte is due; after it, let the server raise `exc_info`."""
        if self._write is not None and self.refusal is None:
            return self._to_server(status, headers, exc_info)
        if self._head is not None and exc_info is None:
            raise AssertionError("start_response() was called twice; only exc_info replaces what is there")
        self._head = status, headers
        return self.write

    def write(self, data: bytes) -> None:
        """Send a piece of the body at once.

        Raises:
            PolicyDenied: The response is refused.
        """
        self.begin()
        if self.refusal is None and self._write is not None:
            self.served.message()
            self._write(data)

    def begin(self) -> None:
        """Decide the response and hand its headers to the server, once.

        Raises:
            PolicyDenied: The response is refused, and its refusal is with the server.
        """
        if self._write is not None or self._head is None or self.refusal is not None:
            return
        status, headers = self._head
        unseen = self.served.refused if status.startswith("500") else None
        if unseen is not None:
            self.refuse(unseen)
            return
        try:
            labels = self.served.respond()
        except PolicyDenied as denied:
            self.refuse(denied)
            raise
        ours: Headers = [] if labels is None else [(HEADER, labels)]
        self._write = self._to_server(status, without_ours(headers, HEADER) + ours)

    def begin_or_refuse(self) -> bool:
        """Decide the response, and return whether it goes out."""
        with contextlib.suppress(PolicyDenied):
            self.begin()
        return self.refusal is None

    def refuse(self, denied: PolicyDenied) -> None:
        """Hand a refusal to the server in place of the response, once; one that has begun is aborted.

        Raises:
            PolicyDenied: The response has begun.
        """
        if self.refusal is not None:
            return
        if self._write is not None:
            raise denied
        (self.refusal,) = _refuse(denied, self._to_server)

    def leave_refused(self, denied: PolicyDenied) -> None:
        """Refuse a response whose application is gone, and leave the scope of the request."""
        try:
            self.refuse(denied)
        finally:
            self.served.leave(refused=self.refusal is not None)


class _Body:
    """The body of a response: each step runs in the frame of the request, and none between the steps."""

    def __init__(self, exchange: _Exchange, result: Iterable[bytes]) -> None:
        self._exchange = exchange
        self._result = result
        self._pieces: Iterator[bytes] | None = None
        self._stage = Stage(get_frame())
        self._closed = self._told = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._stage:
            piece = self._next()
        if piece is None:
            raise StopIteration
        return piece

    def _next(self) -> bytes | None:
        exchange = self._exchange
        if exchange.refusal is None:
            try:
                if self._pieces is None:
                    self._pieces = iter(self._result)
                piece = next(self._pieces, None)
                exchange.begin()
            except PolicyDenied as denied:
                exchange.refuse(denied)
            else:
                if exchange.refusal is None:
                    exchange.served.end() if piece is None else exchange.served.message()
                    return piece
        told, self._told = self._told, True
        return None if told else exchange.refusal

    def close(self) -> None:
        """Close what the application returned, exactly once, and leave the scope of the request."""
        if self._closed:
            return
        self._closed = True
        with self._stage:
            try:
                close = getattr(self._result, "close", None)
                if close is not None:
                    close()
            finally:
                self._exchange.served.leave(refused=self._exchange.refusal is not None)


class _SizedBody(_Body):
    """A body whose number of pieces is known, from which servers tell a Content-Length."""

    def __len__(self) -> int:
        return len(self._result)  # pyright: ignore[reportArgumentType] - the body is one that has a length
