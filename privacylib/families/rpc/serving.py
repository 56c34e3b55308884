"""Calls that are answered: the response is decided before its first byte, and its labels go back."""

from collections.abc import Callable
from time import time_ns
from typing import Any

from attrs import evolve

from privacylib.context.current import get_frame, set_frame
from privacylib.context.stage import Stage
from privacylib.context.state import leave
from privacylib.families.rpc.told import Method
from privacylib.model import Flag, PolicyDenied
from privacylib.propagation.carriers import MEMBER, Carrier
from privacylib.propagation.member import Taken
from privacylib.runtime import ACTIVE, decide_answer, exit_frame, faults, finish, serve, serve_taken, told_now
from privacylib.runtime.hot import Handle
from privacylib.runtime.known import Site
from privacylib.runtime.tracing import host_context

__all__ = ["Pairs", "PeerOf", "Serving"]

_FAILED = int(Flag.FAILED)
_NOTHING: frozenset[str] = frozenset()

Pairs = tuple[tuple[str, str], ...]
"""Metadata."""

PeerOf = Callable[[Any], str | None]
"""Tells who makes a call, when somebody has to know."""


class Serving(Stage):
    """One call that is answered; the handler runs inside it, step by step."""

    __slots__ = ("_decided", "echo", "handle", "pair", "presented", "site", "verified")

    def __init__(self, handle: Handle, verified: bool, pair: int, labels: frozenset[str], echo: str) -> None:
        Stage.__init__(self, handle.frame)
        self.site = handle.site
        self.handle = handle
        self.verified = verified
        """Whether the caller presented a context that could be verified, so that labels go back to it."""
        self.pair = pair
        self.presented = labels
        self.echo = echo
        """What the response may bring where its data are those of the request; empty where these are not known."""
        self._decided = False

    @staticmethod
    def begin(method: Method, carrier: Carrier, peer: PeerOf, call: Any) -> "Serving | None":
        """Open the scope of an incoming call.

        Args:
            method: The SERVE operation.
            carrier: Metadata of the request.
            peer: Tells the address of the caller, without a port, given what follows.
            call: The call, as the library has it.

        Returns:
            The call, or None before `init` and after an error of our own.

        Raises:
            PolicyDenied: A zone of the policy does not admit the request.
        """
        site = method.last
        if site is None or site.snapshot is not ACTIVE.snapshot:
            site = method.site()
        if site is None:
            return None
        try:
            return _served(site, carrier, peer, call)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.while_deciding(site.snapshot, site.operation, error)
            return None

    def decide(self, *, stays_open: bool = True) -> None:
        """Decide the response before its first byte; once.

        Args:
            stays_open: Whether what is read from now on is in the response too.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        if not self._decided:
            self._decided = True
            decide_answer(self.handle, verified=self.verified, stays_open=stays_open)

    def sent(self, number: int) -> None:
        """Say how many messages of a response stream were sent so far."""
        self.handle.messages = number

    def labels(self) -> Pairs:
        """Return the metadata that tell the caller what the response holds by now; none for others."""
        return (_labels(self) or ()) if self.verified else ()

    def end_again(self, *, failed: bool) -> Pairs | None:
        """Decide, record and leave a call whose one response is there, where the same is known of one before.

        Args:
            failed: Whether no whole response will be sent.

        Returns:
            What `labels` does; None where nothing was done, as every rule is to be asked.

        Raises:
            PolicyDenied: Lineage is mandatory for what the response holds, and no record could be kept.
        """
        site, handle = self.site, self.handle
        frame, last = handle.frame, site.last_write
        scope = frame.scope
        reads = scope.reads
        if self._decided or last is None or last[1] is not frame.zone or last[2] is not self.verified:
            return None
        held, _, _, known = last
        if not known.plain or known.silent or reads.pending is not None or reads.watched or reads.nested:
            return None
        if reads.visible() is not held or scope.left or host_context():
            return None
        self._decided = True
        labels: Pairs = ()
        if self.verified:
            same = self.echo and held.labels == self.presented and not held.unknown and not frame.zone.unknown
            labels = ((MEMBER, self.echo),) if same else self.labels()
        handle.sources, handle.known = held, known
        kept = failed  # nothing of it is sent then
        try:
            links, foreign = reads.links()
            flags = handle.flags | _FAILED if failed else handle.flags
            kept |= site.snapshot.recorder.append(
                known.number, flags, handle.start, (time_ns() - handle.start) // 1000, handle.span,
                handle.pair or scope.parent, scope.key, links, foreign,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        if not kept and known.mandatory is not None:
            raise PolicyDenied(known.mandatory, site.operation.asset.uri)
        scope.left = True
        if get_frame() is not frame:  # else whoever stepped into it puts back what was there
            leave(frame)
        return labels

    def finish(self, *, failed: bool) -> PolicyDenied | None:
        """Record the call and leave its scope; never raises. Return what `complete` does."""
        with self:
            return finish(self.handle, failed=failed)

    def leave(self) -> None:
        """Leave the scope of a call that got nothing but a refusal, which is recorded already; never raises."""
        with self:
            exit_frame(self.handle.frame)


def _served(site: Site, carrier: Carrier, peer: PeerOf, call: Any) -> Serving | None:
    propagator = site.snapshot.propagator
    taken = propagator.take(carrier, propagator.rule(peer(call) if propagator.asks_for_peers else None))
    around = get_frame()
    if isinstance(taken, Taken) and taken.lasting.audience not in (site.meant or _meant(site)):
        taken = propagator.passed_on(taken)
    if isinstance(taken, Taken):
        lasting, trace, pair, echo, tracestate = taken
        handle = serve_taken(site, lasting, trace, pair)
        handle.frame.scope.tracestate = tracestate
        serving = Serving(handle, True, pair, lasting.labels, "" if lasting.unknown else echo)
    else:
        handle = serve(site, taken)
        if handle is None:
            return None
        serving = Serving(handle, False, 0, _NOTHING, "")
    set_frame(around)
    return serving


def _meant(site: Site) -> frozenset[str]:
    site.meant = site.snapshot.propagator.addressed(site.operation.asset.uri)
    return site.meant


@faults.deciding
def _labels(serving: Serving) -> Pairs:
    frame, others = serving.handle.frame, serving.handle.inflow
    held = frame.scope.reads.visible()
    if others.members:  # what other work has sent on the stream
        held = held.union(others)
    if serving.echo and held.labels == serving.presented and not held.unknown and not frame.zone.unknown:
        return ((MEMBER, serving.echo),)
    carrier: list[tuple[str, str]] = []
    told = told_now(frame)
    if others.members:
        told = evolve(told, labels=held.labels, unknown=told.unknown or others.unknown)
    serving.site.snapshot.propagator.respond(carrier, told, pair=serving.pair)
    return tuple(carrier)
