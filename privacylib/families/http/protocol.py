"""What everything that speaks HTTP has in common, on both sides. No web library is imported here."""

import inspect
from collections.abc import Iterable, MutableSequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from privacylib.model import Asset, Kind, Operation, PolicyContext, PolicyDenied
from privacylib.naming import url_asset
from privacylib.propagation import Propagator
from privacylib.propagation.carriers import MEMBER, Carrier
from privacylib.propagation.member import Taken
from privacylib.runtime import ACTIVE, Declared, absent, complete, exit_frame, faults, finish, respond, serve
from privacylib.runtime.hot import Handle, decide_write, open_for_scope
from privacylib.runtime.sending import Sent, send_on

__all__ = [
    "HEADER",
    "REFUSED",
    "HeaderLines",
    "Served",
    "called",
    "is_async",
    "refusal",
    "served",
    "serving",
    "without_ours",
]

HEADER = MEMBER
"""Header in which a response brings its labels back."""

REFUSED = 403
_HOST = "host"


@lru_cache(maxsize=4096)
def served(service: str, path: str, route: str | None = None, scheme: str = "http") -> Asset:
    """Name what a service serves.

    Args:
        service: Name of the service.
        path: Path of the request, decoded.
        route: Template of the route (``/users/{id}``) where the framework's router tells it.
        scheme: ``http``, with or without TLS; ``ws`` for a WebSocket.

    Returns:
        For example ``http://web/users/{id}``. Without a route the path is templated by its looks.
    """
    text = url_asset(f"http://_{quote(path)}").name if route is None else route.removeprefix("/")
    return Asset(f"{scheme}://{service}", text)


@lru_cache(maxsize=4096)
def serving(service: str, path: str, route: str | None, scheme: str) -> Declared:
    """Return the SERVE operation on what a service serves; see `served`."""
    return Declared(Operation(Kind.SERVE, served(service, path, route, scheme)))


def called(url: str) -> Operation:
    """Describe a request that is sent to an absolute URL.

    Raises:
        AssetNameError: The URL has no host or no valid port.
    """
    return Operation(Kind.CALL, url_asset(url))


def refusal(denied: PolicyDenied) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of the answer to a refused request: the requirement's id and nothing else."""
    body = (denied.decision.requirement or "").encode()
    return [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))], body


class Served:
    """One request that is served, from its beginning to its last byte and the work behind it."""

    __slots__ = ("_context", "_ended", "_messages", "_sent", "handle")

    def __init__(self, handle: Handle, context: PolicyContext) -> None:
        self.handle = handle
        self._context = context
        self._ended = False
        self._messages = 0
        self._sent: Sent | None = None

    @classmethod
    def begin(
        cls, path: str, route: str | None, headers: Carrier, peer: str | None, scheme: str = "http"
    ) -> "Served | None":
        """Take a request in and make its scope the current one.

        Args:
            path: Path of the request, decoded.
            route: Template of its route where that is known.
            headers: Its headers.
            peer: Address of who sent it.
            scheme: ``http`` or ``ws``.

        Returns:
            The request, or None before `init`.

        Raises:
            PolicyDenied: A zone of the policy does not admit it.
        """
        snapshot = ACTIVE.snapshot
        if snapshot is None:
            return absent()
        site = serving(snapshot.service, path if route is None else "", route, scheme).site()
        if site is None:
            return None
        context = _taken(snapshot.propagator, headers, peer)
        handle = serve(site, context)
        return None if handle is None else cls(handle, context)

    def respond(self) -> str | None:
        """Decide the response before its first byte.

        Returns:
            What the header `HEADER` brings back, for a caller that presented a verified context.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        if not self._context.verified:  # the caller is told nothing, and judges nothing
            _decide(self.handle)
            return None
        held = respond(self.handle, verified=True, once=True)
        if held is None:
            return None
        carrier: dict[str, str] = {}
        try:
            self.handle.site.snapshot.propagator.respond(carrier, held, pair=self._context.pair)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("responding", error)
        return carrier.get(HEADER)

    @property
    def refused(self) -> PolicyDenied | None:
        """Return the last refusal inside the request, which a framework may have turned into a 500."""
        decision = self.handle.frame.scope.refusal
        return None if decision is None else PolicyDenied(decision, self.handle.site.operation.asset.uri)

    def send_on(self) -> None:
        """Decide content that other work sends in the response.

        Raises:
            PolicyDenied: It must not go out; the response itself goes on.
        """
        if not self._ended:
            self._sent = send_on(self.handle, self._sent)

    def message(self) -> None:
        """Count one message of the stream that the exchange is."""
        self._messages = self.handle.messages = self._messages + 1

    def end(self) -> None:
        """Record the request: its last byte is sent. Work behind it stays in its scope."""
        if not self._ended:
            self._ended = True
            complete(self.handle)

    def leave(self, *, refused: bool = False) -> None:
        """Leave the scope of the request; one that has not ended is recorded as failed.

        Args:
            refused: Whether a refusal was all that was sent, which is recorded already.
        """
        if self._ended or refused:
            exit_frame(self.handle.frame)
        else:
            finish(self.handle, failed=True)


@faults.deciding
def _decide(handle: Handle) -> None:
    """Decide a response for a caller that does not judge for itself; it stays open until it is complete."""
    decide_write(handle)
    if not handle.open:
        open_for_scope(handle)


def _taken(propagator: Propagator, headers: Carrier, peer: str | None) -> PolicyContext:
    """Return the context that a request presents, if it was meant for the host that the request names."""
    found = propagator.take(headers, propagator.rule(peer))
    if not isinstance(found, Taken):
        return found
    audience = found.lasting.audience
    if audience and audience not in propagator.hosted(_host(headers)):
        return propagator.passed_on(found)
    return found.context()


def _host(headers: Any) -> str:
    """Return the host that a request is for; an empty text where it names none, or several."""
    hosts = [value for name, value in headers if len(name) == len(_HOST) and name.lower() in (_HOST, b"host")]
    (host,) = hosts if len(hosts) == 1 else ("",)
    return host.decode("latin-1") if isinstance(host, bytes) else host


def without_ours(headers: Iterable[tuple[Any, Any]], name: Any) -> list[tuple[Any, Any]]:
    """Return response headers without one of ours, which a proxy may have copied from elsewhere."""
    size = len(name)
    return [pair for pair in headers if len(pair[0]) != size or pair[0].lower() != name]


class HeaderLines(MutableSequence[tuple[bytes, bytes]]):
    """The headers of a request as pairs, in the lines that `http.client` is about to send.

    Args:
        lines: The request line, and one line for each header.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines) - 1

    def __getitem__(self, at: Any) -> Any:
        line: bytes = self._lines[int(at) + 1]
        name, _, value = line.partition(b":")
        return name, value.strip()

    def __setitem__(self, at: Any, pair: Any) -> None:
        self._lines[at + 1] = b"%s: %s" % pair

    def __delitem__(self, at: Any) -> None:
        del self._lines[at + 1]

    def insert(self, index: int, value: tuple[bytes, bytes]) -> None:
        """Put a header in before another."""
        self._lines.insert(index + 1, b"%s: %s" % value)


def is_async(app: Any) -> bool:
    """Return whether an application is an ASGI one: a coroutine function, or an object whose call is one."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app.__class__, "__call__", None))  # noqa: B004 - not whether it can be called, but how
