"""What all libraries of remote procedure calls share: context goes out and in, labels come back.

A library keeps one `Calling` for each call it makes and one `Serving` for each that it answers.
Neither knows its messages: they say when something is sent, and when it arrived.
"""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from attrs import evolve

from privacylib.context import Frame, Stage, get_frame, set_frame
from privacylib.model import PolicyContext, PolicyDenied
from privacylib.propagation import ingress_rule, unknown
from privacylib.propagation.carriers import Carrier, MutableCarrier
from privacylib.runtime import (
    Declared,
    Handle,
    Site,
    answer,
    begin,
    begin_answer,
    end,
    exit_frame,
    faults,
    finish,
    requested,
    respond,
    serve,
    told_now,
)

__all__ = ["METADATA_LIMIT", "Calling", "Serving", "TargetOf"]

METADATA_LIMIT = 8192
"""Most bytes of metadata that gRPC servers take for certain; names, values and 32 bytes for each pair count."""

TargetOf = Callable[[], str | None]
"""Tells where a call really goes, when somebody has to know."""


class Calling:
    """One call from its beginning until its outcome was taken, or dropped."""

    __slots__ = ("_closed", "_handle", "_lock", "_target", "denied", "site")

    def __init__(self, handle: Handle, target: str | None) -> None:
        self.site = handle.site
        self.denied: PolicyDenied | None = None
        """What stopped the call after it had begun."""
        self._handle = handle
        self._target = target
        self._closed = False
        self._lock = Lock()

    @classmethod
    def begin(
        cls, declared: Declared, target: TargetOf, *, requests: bool = False, responses: bool = False
    ) -> "Calling | None":
        """Decide a call before anything is sent.

        Args:
            declared: The CALL operation.
            target: Tells where the call goes; asked only where the policy does not say which endpoints are trusted.
            requests: Whether the request is a stream, which stays open.
            responses: Whether the response is a stream.

        Returns:
            The call, or None before `init` and after an error of our own.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        site = declared.site()
        return None if site is None else _begun(site, target, requests, responses)

    @property
    def frame(self) -> Frame:
        """Return where the call was made; a stream of requests is made there too."""
        return self._handle.frame

    @faults.deciding
    def inject(self, carrier: MutableCarrier) -> None:
        """Write the context into the metadata of the request, where it may travel.

        Where the host's own metadata leave no room, the receiver is told that nothing is known.
        """
        context = told_now(self.frame)
        if self._inject(carrier, context) and _size(carrier) > METADATA_LIMIT:
            self._inject(carrier, evolve(context, labels=frozenset(), zone=None, unknown="too-large"))

    def _inject(self, carrier: MutableCarrier, context: PolicyContext) -> bool:
        handle = self._handle
        return self.site.snapshot.propagator.inject(
            carrier, context, span=handle.span, pair=handle.span, endpoint=self.site.operation.asset.uri,
            target=self._target,
        )  # fmt: skip

    def sent(self) -> None:
        """Count a message of a request stream."""
        self._handle.messages += 1

    def all_sent(self) -> None:
        """Say that a request stream is complete: what is read from now on is not in it."""
        requested(self._handle)

    @property
    def expects_first(self) -> bool:
        """Return whether no message of the response stream has arrived yet."""
        return self._handle.brought is None

    @faults.deciding
    def announced(self, initial: Carrier | None) -> None:
        """Take in the metadata that a response stream begins with, before its first message.

        Args:
            initial: The metadata; None where nobody lets us see any, so that labels may come unseen.

        Raises:
            PolicyDenied: The zone does not admit what the stream brings.
        """
        if initial is not None:
            brought = self._brought(initial)
        else:
            brought = unknown("missing") if self._handle.known.judges else None
        begin_answer(self._handle, brought)

    def arrived(self) -> None:
        """Count a message of a response stream."""
        self._handle.messages += 1

    def close(self, trailers: Carrier | None, *, failed: bool) -> PolicyDenied | None:
        """Record the call and take in what came back; once, further calls return the same.

        Args:
            trailers: Metadata behind the response; None where no response arrived.
            failed: Whether the call did not succeed.

        Returns:
            The denial that the host gets instead of the outcome, or None.
        """
        with self._lock:
            if not self._closed:
                self._closed = True
                try:
                    # Recorded first: a call's own response is no source of its request.
                    end(self._handle, failed=failed)
                    if trailers is not None and self.denied is None:
                        self._take(trailers)
                except PolicyDenied as denied:
                    self.denied = denied
            return self.denied

    @faults.deciding
    def _take(self, trailers: Carrier) -> None:
        answer(self._handle, self._brought(trailers), required=self._required())

    def _brought(self, carrier: Carrier) -> PolicyContext | None:
        """Return what a response brings, or None where it brings no member of ours."""
        told = self.site.snapshot.propagator.response(carrier, pair=self._handle.span)
        return None if told.unknown == "missing" and not told.verified else told

    def _required(self) -> bool:
        return ingress_rule(self.site.snapshot.engine.policy.trust, self._target) == "require"


@faults.deciding
def _begun(site: Site, target_of: TargetOf, requests: bool, responses: bool) -> Calling | None:
    snapshot = site.snapshot
    target = target_of() if snapshot.engine.policy.trust.egress is None else None
    travels = snapshot.propagator.allows(site.operation.asset.uri, target)
    handle = begin(site, stays_open=requests, judges=travels)
    if handle is None:
        return None
    # The peer is told once, when the call begins.
    handle.announced = handle.sources.labels
    if requests or responses:
        handle.messages = 0
    return Calling(handle, target)


def _size(carrier: MutableCarrier) -> int:
    pairs: Iterable[Any] = carrier.items() if isinstance(carrier, Mapping) else carrier
    return sum(len(name) + len(value) + 32 for name, value in pairs)


class Serving(Stage):
    """One call that is answered; the handler runs inside it, step by step."""

    __slots__ = ("_decided", "context", "handle", "site")

    def __init__(self, handle: Handle, context: PolicyContext) -> None:
        super().__init__(get_frame())
        self.site = handle.site
        self.handle = handle
        self.context = context
        self._decided = False

    @classmethod
    def begin(cls, declared: Declared, carrier: Carrier, peer: str | None) -> "Serving | None":
        """Open the scope of an incoming call.

        Args:
            declared: The SERVE operation.
            carrier: Metadata of the request.
            peer: Address of the caller, without a port.

        Returns:
            The call, or None before `init` and after an error of our own.

        Raises:
            PolicyDenied: A zone of the policy does not admit the request.
        """
        site = declared.site()
        return None if site is None else _served(site, carrier, peer)

    @property
    def verified(self) -> bool:
        """Return whether the caller presented a context that could be verified, so that labels go back to it."""
        return self.context.verified

    def decide(self) -> None:
        """Decide the response before its first byte; once, it stays open then.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        if not self._decided:
            self._decided = True
            respond(self.handle, verified=self.context.verified)

    def sent(self, number: int) -> None:
        """Say how many messages of a response stream were sent so far."""
        self.handle.messages = number

    def labels(self) -> tuple[tuple[str, str], ...]:
        """Return the metadata that tell the caller what the response holds by now; none for others."""
        return (_labels(self) or ()) if self.context.verified else ()

    def finish(self, *, failed: bool) -> None:
        """Record the call and leave its scope; never raises."""
        with self:
            finish(self.handle, failed=failed)

    def leave(self) -> None:
        """Leave the scope of a call that got nothing but a refusal, which is recorded already; never raises."""
        with self:
            exit_frame(self.handle.frame)


@faults.deciding
def _served(site: Site, carrier: Carrier, peer: str | None) -> Serving | None:
    context = site.snapshot.propagator.extract(carrier, peer=peer)
    around = get_frame()
    handle = serve(site, context)
    if handle is None:
        return None
    serving = Serving(handle, context)
    set_frame(around)
    return serving


@faults.deciding
def _labels(serving: Serving) -> tuple[tuple[str, str], ...]:
    carrier: list[tuple[str, str]] = []
    told = told_now(serving.handle.frame)
    serving.site.snapshot.propagator.respond(carrier, told, pair=serving.context.pair)
    return tuple(carrier)
