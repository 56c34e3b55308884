"""Calls that are made: decided before anything is sent, recorded when they end."""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from attrs import evolve

from privacylib.context.frames import Frame
from privacylib.families.rpc.told import Method, Told
from privacylib.model import PolicyContext, PolicyDenied
from privacylib.propagation import ingress_rule, unknown
from privacylib.propagation.carriers import Carrier, MutableCarrier
from privacylib.runtime import Declared, answer, begin_answer, faults, requested, told_now
from privacylib.runtime.hot import Handle, begin, end, step_out
from privacylib.runtime.known import Site

__all__ = ["METADATA_LIMIT", "Calling", "TargetOf", "size_of"]

METADATA_LIMIT = 8192
"""Most bytes of metadata that gRPC servers take for certain; names, values and 32 bytes for each pair count."""

_NOTHING: frozenset[str] = frozenset()

TargetOf = Callable[[], str | None]
"""Tells where a call really goes, when somebody has to know."""


class Calling:
    """One call from its beginning until its outcome was taken, or dropped."""

    __slots__ = ("_closed", "_echo", "_labels", "_lock", "_made", "_target", "denied", "site")

    def __init__(self, handle: Handle, target: str | None) -> None:
        self.site = handle.site
        self.denied: PolicyDenied | None = None
        """What stopped the call after it had begun."""
        self._made: Handle | None = handle
        self._target = target
        self._echo = ""
        """What a response may answer whose data are those of the request."""
        self._labels = _NOTHING
        self._closed = False
        self._lock = Lock()

    @staticmethod
    def begin(
        method: Declared, target: TargetOf, *, requests: bool = False, responses: bool = False
    ) -> "Calling | None":
        """Decide a call before anything is sent.

        Args:
            method: The CALL operation.
            target: Tells where the call goes; asked only where the policy does not say which endpoints are trusted.
            requests: Whether the request is a stream, which stays open.
            responses: Whether the response is a stream.

        Returns:
            The call, or None before `init` and after an error of our own.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        site = method.site()
        return None if site is None else _begun(site, method, target, requests, responses)

    def _operation(self) -> Handle:
        """Return the operation; a call that tells what is known makes it when it is asked for."""
        assert self._made is not None  # noqa: S101 - calls of this class begin with one
        return self._made

    @property
    def frame(self) -> Frame:
        """Return where a stream of requests is made: where the call was made, and inside of it."""
        handle = self._operation()
        return handle.body or handle.frame

    def made(self) -> None:
        """Say that the call is under way, and whoever made it does other things."""
        step_out(self._operation())

    @faults.deciding
    def inject(self, carrier: MutableCarrier) -> None:
        """Write the context into the metadata of the request, where it may travel.

        Where the host's own metadata leave no room, the receiver is told that nothing is known.
        """
        context = told_now(self.frame)
        if self._inject(carrier, context) and size_of(carrier) > METADATA_LIMIT:
            self._inject(carrier, evolve(context, labels=_NOTHING, zone=None, unknown="too-large"))

    def _inject(self, carrier: MutableCarrier, context: PolicyContext) -> str:
        handle = self._operation()
        echo = self.site.snapshot.propagator.inject(
            carrier, context, span=handle.span, pair=handle.span, endpoint=self.site.operation.asset.uri,
            target=self._target,
        )  # fmt: skip
        self._labels, self._echo = context.labels, "" if context.unknown else echo
        return echo

    def sent(self) -> None:
        """Count a message of a request stream."""
        handle = self._operation()
        handle.messages += 1

    def all_sent(self) -> None:
        """Say that a request stream is complete: what is read from now on is not in it."""
        requested(self._operation())

    @property
    def expects_first(self) -> bool:
        """Return whether no message of the response stream has arrived yet."""
        return self._operation().brought is None

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
            brought = unknown("missing") if self._operation().known.judges else None
        begin_answer(self._operation(), brought)

    def arrived(self) -> None:
        """Count a message of a response stream."""
        handle = self._operation()
        handle.messages += 1

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
                    end(self._operation(), failed=failed)
                    if trailers is not None and self.denied is None:
                        self._take(trailers)
                except PolicyDenied as denied:
                    self.denied = denied
            return self.denied

    @faults.deciding
    def _take(self, trailers: Carrier) -> None:
        answer(self._operation(), self._brought(trailers), required=self._required())

    def _brought(self, carrier: Carrier) -> PolicyContext | None:
        """Return what a response brings, or None where it brings no member of ours."""
        told = self.site.snapshot.propagator.response(
            carrier, pair=self._operation().span, echo=self._echo, labels=self._labels
        )
        return None if told.unknown == "missing" and not told.verified else told

    def _required(self) -> bool:
        return ingress_rule(self.site.snapshot.engine.policy.trust, self._target) == "require"


@faults.deciding
def _begun(site: Site, method: Declared, target_of: TargetOf, requests: bool, responses: bool) -> Calling | None:
    snapshot = site.snapshot
    target = target_of() if snapshot.engine.policy.trust.egress is None else None
    travels = snapshot.propagator.allows(site.operation.asset.uri, target)
    handle = begin(site, stays_open=requests, body=requests, judges=travels)
    if handle is None:
        return None
    # The peer is told once, when the call begins.
    handle.announced = handle.sources.labels
    if requests or responses:
        handle.messages = 0
    elif (
        isinstance(method, Method)
        and travels
        and handle.known.plain
        and not handle.known.silent
        and not (handle.frame.lowered or handle.sources.unknown or handle.frame.zone.unknown)
    ):
        method.keep(Told(handle, target))
    return Calling(handle, target)


def size_of(carrier: MutableCarrier) -> int:
    """Return how many bytes of metadata a carrier takes."""
    pairs: Iterable[Any] = carrier.items() if isinstance(carrier, Mapping) else carrier
    try:
        return sum(len(name) + len(value) + 32 for name, value in pairs)
    except TypeError:  # a header of another kind, which the library itself has a word for
        return 0
