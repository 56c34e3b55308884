"""The propagator: context into carriers and out of them, by the rules of one policy."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from hmac import compare_digest
from typing import Any, Literal

from attrs import evolve

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import IngressRule, Policy
from privacylib.propagation.audience import Audiences, host_of
from privacylib.propagation.carriers import (
    BAGGAGE,
    HEADERS,
    LENGTHS,
    MEMBER,
    TRACEPARENT,
    TRACESTATE,
    Carrier,
    MutableCarrier,
    Presented,
    merged,
    presented,
    replace,
    traceparent,
)
from privacylib.propagation.ingress import egress_allowed, ingress_rule
from privacylib.propagation.keys import Keyring
from privacylib.propagation.member import ANSWERING, ASKING, Codec, Taken, unknown
from privacylib.propagation.reasons import Reason
from privacylib.propagation.tracestate import passed_on
from privacylib.propagation.vocabulary import Vocabulary

__all__ = ["LIFETIMES", "CarrierKind", "Propagator"]

CarrierKind = Literal["rpc", "message", "process"]

LIFETIMES: Mapping[str, float] = {"rpc": 300.0, "message": 7 * 86_400.0, "process": 86_400.0}
"""Seconds for which a context counts, by the kind of its carrier."""

RPC = LIFETIMES["rpc"]
_EMPTY = PolicyContext()
_FIRST = f"{MEMBER}="
_FEW = 64
"""Pairs of metadata, and characters of a traceparent, up to which they are certainly not too large."""
_NONE: frozenset[str] = frozenset()
_ELSEWHERE: Reason = "wrong-audience"


class Propagator:
    """Write contexts into carriers and read them back.

    Args:
        policy: Names that ids map back to, and whom to trust.
        keyring: Keys that sign and verify.
        clock: Returns seconds since the epoch.
        vocabulary: Names known, where code uses more than the policy.
        service: What this service is called.
    """

    __slots__ = (
        "_allowed", "_audience", "_audiences", "_codec", "addressed", "asks_for_peers", "clock", "hosted", "rule",
    )  # fmt: skip

    def __init__(
        self,
        policy: Policy,
        keyring: Keyring,
        clock: Callable[[], float] = time.time,
        vocabulary: Vocabulary | None = None,
        service: str = "",
    ) -> None:
        self.rule = lru_cache(maxsize=1024)(partial(ingress_rule, policy.trust))
        """Return what to do with context that a peer presents; see `ingress_rule`."""
        self.asks_for_peers = isinstance(policy.trust.ingress, tuple)
        """Whether that depends on who the peer is."""
        self._allowed = lru_cache(maxsize=4096)(partial(egress_allowed, policy.trust))
        self.clock = clock
        self._audience = lru_cache(maxsize=4096)(host_of)
        self._codec = Codec(keyring, vocabulary or Vocabulary.of(policy))
        self._audiences = Audiences(keyring, policy.trust, service)
        self.addressed = self._audiences.addressed
        """Return the audiences that a member may have which came to what a URI names; see `Audiences`."""
        self.hosted = self._audiences.hosted
        """Return those that a member may have which came with a request for a host; see `Audiences`."""

    def sealed(self, text: str) -> tuple[str, str]:
        """Return a member, made of what `lasting` returned and a head, and its echo; see `Codec.sealed`."""
        return self._codec.sealed(text)

    def allows(self, endpoint: str, target: str | None = None) -> bool:
        """Return whether context may travel to an endpoint; see `egress_allowed`."""
        return self._allowed(endpoint, target)

    def inject(
        self,
        carrier: MutableCarrier,
        context: PolicyContext,
        *,
        span: int,
        pair: int,
        endpoint: str,
        kind: CarrierKind = "rpc",
        target: str | None = None,
    ) -> str:
        """Write a context into a carrier, unless the policy keeps it from the endpoint.

        Foreign baggage stays, a member of ours that is there already goes: also, and above all,
        where the context may not travel.

        Args:
            carrier: Mutable mapping of headers, or mutable sequence of pairs.
            context: What to tell.
            span: Span id of the call, for ``traceparent``; 0 to use `pair`.
            pair: Span id that joins both ends of the call.
            endpoint: URI of the asset called.
            kind: What the carrier belongs to; it fixes the lifetime.
            target: Where the call really goes, when the URI does not say.

        Returns:
            The echo that a response may bring, by which its data are those of this context; an
            empty text where the context does not travel.
        """
        there = presented(carrier, bounded=False)
        if kind != "process" and not self._allowed(endpoint, target):
            if there.members:
                replace(carrier, {BAGGAGE: merged(there.baggage, None) or None})
            return ""
        member, echo = self._codec.seal(
            self.lasting(endpoint if kind == "rpc" else "", context.labels, context.zone, context.unknown),
            context.correlation_key, pair, self.clock() + LIFETIMES[kind],
        )  # fmt: skip
        fields: dict[str, str | None] = {BAGGAGE: merged(there.baggage, member)}
        traced = there.traceparents and there.trace == context.correlation_key
        if not traced and (header := traceparent(context.correlation_key, span or pair)):
            fields[TRACEPARENT], fields[TRACESTATE] = header, context.tracestate or None
        replace(carrier, fields, upper=kind == "process")
        return echo

    def lasting(self, endpoint: str, labels: frozenset[str], zone: Zone | None, unknown: str | None) -> str:
        """Return what is the same in all members that tell this to an endpoint."""
        return self._codec.lasting(ASKING, self._audience(endpoint), labels, zone, unknown)

    def extract(self, carrier: Carrier, *, peer: str | None, audiences: frozenset[str] | None = None) -> PolicyContext:
        """Return the context that a peer presents.

        Never raises for what the carrier holds: what cannot be believed is unknown, with the
        reason.

        Args:
            carrier: Headers, metadata or variables.
            peer: Name or address of the peer; None where it is not known.
            audiences: What `addressed` or `hosted` returned; None where nothing says what the peer
                addressed here, so that only what the policy says of this service can tell.
        """
        found = self.take(carrier, self.rule(peer))
        if not isinstance(found, Taken):
            return found
        audiences = self._audiences.own if audiences is None else audiences
        meant = audiences is None or found.lasting.audience in audiences
        return found.context() if meant else self.passed_on(found)

    def take(self, carrier: Carrier, rule: IngressRule) -> Taken | PolicyContext:
        """Return what a peer presents as `extract` does, but as it was taken where it was verified.

        Whether it was meant for this service is still to be seen; where it was not, `passed_on`
        says what of it counts.

        Args:
            carrier: Headers, metadata or variables.
            rule: What `rule` says about the peer.
        """
        if rule == "strip":
            return _EMPTY
        if carrier.__class__ is tuple and (told := self._take_again(carrier)):
            return told
        there = presented(carrier)
        found = self._told(there, rule)
        if there.tracestates and (trace := there.trace):
            return _with_state(found, trace, passed_on(there.tracestates))
        return found

    def _told(self, there: Presented, rule: IngressRule) -> Taken | PolicyContext:
        if there.excess:
            return unknown("too-large", there.trace)
        members = there.members
        if not members:
            if rule == "require":
                return unknown("missing", there.trace)
            return PolicyContext(correlation_key=there.trace) if there.traceparents else _EMPTY
        if len(members) > 1:
            return unknown("duplicate", there.trace)
        found = self._codec.take(members[0], self.clock(), ASKING)
        return found if isinstance(found, Taken) else unknown(found, there.trace)

    def passed_on(self, taken: Taken) -> PolicyContext:
        """Return what counts of a context that was made for another service.

        Labels, zone and correlation key do: they hold of what was passed on. Whoever passed it on
        may have added data of which nothing is told, or may have stolen it, so everything is
        unknown, unless the policy says that the other service passes contexts on. In either case
        the peer knows nothing of labels, and cannot judge the response for itself.
        """
        lasting = taken.lasting
        if lasting.audience in self._audiences.forwarding:
            return PolicyContext(
                lasting.labels, lasting.zone, taken.trace, (), lasting.unknown, tracestate=taken.tracestate
            )
        zone = lasting.zone or Zone()
        doubtful = Zone(zone.purposes, zone.admitted, _ELSEWHERE)
        return PolicyContext(lasting.labels, doubtful, taken.trace, (), _ELSEWHERE, tracestate=taken.tracestate)

    def _take_again(self, pairs: Any) -> Taken | None:
        """Take a member that begins as one before, out of metadata that have nothing else to be looked at."""
        value: Any = None
        if len(pairs) > _FEW:
            return None
        try:
            for name, text in pairs:
                if name == BAGGAGE and value is None:
                    value = text
                elif name.__class__ is not str or (
                    (name != TRACEPARENT or len(text) > _FEW) and len(name) in LENGTHS and name.lower() in HEADERS
                ):
                    return None
            if value.__class__ is not str or value[: len(_FIRST)] != _FIRST:
                return None
        except (TypeError, ValueError):
            return None
        return self._codec.take_again(value[len(_FIRST) :], self.clock(), ASKING)

    def respond(self, carrier: MutableCarrier, context: PolicyContext, *, pair: int) -> None:
        """Write what a response carries into its headers or trailing metadata.

        Args:
            carrier: Mutable mapping of headers, or mutable sequence of pairs.
            context: What to tell the caller, who presented a verified context.
            pair: The pair id that the caller's context brought.
        """
        member = self._codec.encode(context, now=self.clock(), lifetime=RPC, pair=pair, form=ANSWERING)
        replace(carrier, {MEMBER: member})

    def response(self, carrier: Carrier, *, pair: int, echo: str = "", labels: frozenset[str] = _NONE) -> PolicyContext:
        """Return the context that a response brings.

        Args:
            carrier: Headers or trailing metadata of the response.
            pair: The pair id that the request was sent with.
            echo: The echo that `inject` returned; empty where none may come.
            labels: Labels that the request told.

        Returns:
            The context; ``missing`` as its unknown reason where the response brings none, which
            the caller may answer with the asset's annotation.
        """
        replies = presented(carrier).replies
        if len(replies) != 1:
            return unknown("duplicate" if replies else "missing")
        reply = replies[0]
        if echo and reply.isascii() and compare_digest(reply, echo):
            return PolicyContext(labels, None, "", (), None, pair, True)
        told = self._codec.decode(reply, now=self.clock(), form=ANSWERING)
        return told if not told.verified or told.pair == pair else unknown(_ELSEWHERE)


def _with_state(found: Taken | PolicyContext, trace: str, state: str) -> Taken | PolicyContext:
    """Return what was presented with what other tracers say of its trace; where the signed one is another, of none."""
    if isinstance(found, Taken):
        return found._replace(tracestate=state) if found.trace == trace else found
    return evolve(found, tracestate=state) if found.correlation_key == trace else found
