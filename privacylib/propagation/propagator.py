"""The propagator: context into carriers and out of them, by the rules of one policy."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Literal

from attrs import evolve

from privacylib.model import PolicyContext
from privacylib.model.policy import Policy
from privacylib.propagation.carriers import (
    BAGGAGE,
    MEMBER,
    TRACEPARENT,
    Carrier,
    MutableCarrier,
    merged,
    presented,
    replace,
    traceparent,
)
from privacylib.propagation.ingress import egress_allowed, ingress_rule
from privacylib.propagation.keys import Keyring
from privacylib.propagation.member import ANSWERING, Codec, unknown
from privacylib.propagation.vocabulary import Vocabulary

__all__ = ["LIFETIMES", "CarrierKind", "Propagator", "host_of"]

CarrierKind = Literal["rpc", "message", "process"]

LIFETIMES: Mapping[str, float] = {"rpc": 300.0, "message": 7 * 86_400.0, "process": 86_400.0}
"""Seconds for which a context counts, by the kind of its carrier."""

_EMPTY = PolicyContext()


class Propagator:
    """Write contexts into carriers and read them back.

    Args:
        policy: Names that ids map back to, and whom to trust.
        keyring: Keys that sign and verify.
        clock: Returns seconds since the epoch.
        vocabulary: Names known, where code uses more than the policy.
    """

    def __init__(
        self,
        policy: Policy,
        keyring: Keyring,
        clock: Callable[[], float] = time.time,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._rule = lru_cache(maxsize=1024)(partial(ingress_rule, policy.trust))
        self._allowed = lru_cache(maxsize=4096)(partial(egress_allowed, policy.trust))
        self._clock = clock
        self._codec = Codec(keyring, vocabulary or Vocabulary.of(policy))

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
    ) -> bool:
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
            Whether the context travels.
        """
        there = presented(carrier, bounded=False)
        if kind != "process" and not self._allowed(endpoint, target):
            if there.members:
                replace(carrier, {BAGGAGE: merged(there.baggage, None) or None})
            return False
        member = self._codec.encode(
            context,
            now=self._clock(),
            lifetime=LIFETIMES[kind],
            audience=host_of(endpoint) if kind == "rpc" else "",
            pair=pair,
        )
        fields: dict[str, str | None] = {BAGGAGE: merged(there.baggage, member)}
        if there.trace != context.correlation_key and (header := traceparent(context.correlation_key, span or pair)):
            fields[TRACEPARENT] = header
        replace(carrier, fields, upper=kind == "process")
        return True

    def extract(self, carrier: Carrier, *, peer: str | None, audience: str | None = None) -> PolicyContext:
        """Return the context that a peer presents.

        Never raises for what the carrier holds: what cannot be believed is unknown, with the
        reason.

        Args:
            carrier: Headers, metadata or variables.
            peer: Name or address of the peer; None where it is not known.
            audience: What the peer addressed here (gRPC service, ``Host``); a context that was
                meant for somebody else is then not believed. None where services that know
                nothing of privacylib may pass contexts on.
        """
        rule = self._rule(peer)
        if rule == "strip":
            return _EMPTY
        there = presented(carrier)
        if there.excess:
            return unknown("too-large", there.trace)
        members = there.members
        if not members:
            return unknown("missing", there.trace) if rule == "require" else PolicyContext(correlation_key=there.trace)
        if len(members) > 1:
            return unknown("duplicate", there.trace)
        told = self._codec.decode(members[0], now=self._clock(), audience=audience and audience.lower())
        return told if told.verified else evolve(told, correlation_key=there.trace)

    def respond(self, carrier: MutableCarrier, context: PolicyContext, *, pair: int) -> None:
        """Write what a response carries into its headers or trailing metadata.

        Args:
            carrier: Mutable mapping of headers, or mutable sequence of pairs.
            context: What to tell the caller, who presented a verified context.
            pair: The pair id that the caller's context brought.
        """
        member = self._codec.encode(context, now=self._clock(), lifetime=LIFETIMES["rpc"], pair=pair, form=ANSWERING)
        replace(carrier, {MEMBER: member})

    def response(self, carrier: Carrier, *, pair: int) -> PolicyContext:
        """Return the context that a response brings.

        Args:
            carrier: Headers or trailing metadata of the response.
            pair: The pair id that the request was sent with.

        Returns:
            The context; ``missing`` as its unknown reason where the response brings none, which
            the caller may answer with the asset's annotation.
        """
        replies = presented(carrier).replies
        if len(replies) != 1:
            return unknown("duplicate" if replies else "missing")
        told = self._codec.decode(replies[0], now=self._clock(), form=ANSWERING)
        return told if not told.verified or told.pair == pair else unknown("wrong-audience")


def host_of(uri: str) -> str:
    """Return host and port, or gRPC service, that a URI names, in lower case; empty without one."""
    return uri.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
