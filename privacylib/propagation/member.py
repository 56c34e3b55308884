"""The signed member: one policy context as one W3C baggage value.

The form is described in docs/reference/wire-format.md. It is text throughout, of characters that
no propagator escapes, so that services which know nothing of it pass it on unchanged.
"""

import hmac
import re
from collections.abc import Mapping
from functools import lru_cache

from privacylib.model import PolicyContext, Zone
from privacylib.propagation.keys import Keyring, SigningKey
from privacylib.propagation.reasons import CODES, KNOWN, REASONS, UPSTREAM, Reason
from privacylib.propagation.vocabulary import ID_LENGTH, LABEL, PURPOSE, Vocabulary, keyed_id

__all__ = ["ANSWERING", "ASKING", "LIMIT", "Codec", "unknown"]

LIMIT = 2048
"""Most characters of a member."""

ASKING = "1"
ANSWERING = "1r"
"""Version and direction: what was said in one direction proves nothing in the other."""

_AUDIENCE = "audience"
_NO_TRACE = "0" * 32
_TRACE = re.compile(r"[0-9a-f]{32}")
_LATEST = 0xFFFFFFFF
_NO_LABELS: frozenset[str] = frozenset()
_TOO_LARGE = Zone(unknown="too-large")


def unknown(reason: Reason, correlation_key: str = "") -> PolicyContext:
    """Return the context of work about which nothing is known."""
    return PolicyContext(unknown=reason, zone=Zone(unknown=reason), correlation_key=correlation_key)


_Carried = tuple[frozenset[str], Zone | None, str | None]
"""Labels, zone and unknown reason: the part of a context that is the same for many calls."""


class Codec:
    """Write and read members under one keyring and one vocabulary.

    What repeats from call to call (names, zone) is encoded once and kept; only text whose
    signature held is ever kept, so a stranger cannot fill the memory.

    Args:
        keyring: Keys that sign and verify.
        vocabulary: Names that ids are mapped back to.
    """

    def __init__(self, keyring: Keyring, vocabulary: Vocabulary) -> None:
        self._keys = keyring.by_id
        self._signer = keyring.first
        self._vocabulary = vocabulary
        self._written = lru_cache(maxsize=1024)(self._write)
        self._carried = lru_cache(maxsize=1024)(self._read)
        self._audience = lru_cache(maxsize=1024)(_audience_id)

    def encode(
        self,
        context: PolicyContext,
        *,
        now: float,
        lifetime: float,
        audience: str = "",
        pair: int = 0,
        form: str = ASKING,
    ) -> str:
        """Return a context as a member.

        Args:
            context: What to tell. Its `reads` stay here.
            now: Seconds since the epoch.
            lifetime: Seconds for which the member counts.
            audience: Host or service it is meant for; empty for anybody.
            pair: Span id that joins both ends of a call, 0 to 2**64 - 1.
            form: ``ASKING`` or ``ANSWERING``.

        Returns:
            At most 2,048 characters. What does not fit is not cut: the member then says that
            nothing is known, because it was too large.
        """
        trace = context.correlation_key if _TRACE.fullmatch(context.correlation_key) else _NO_TRACE
        expiry = min(int(now + lifetime), _LATEST)
        key = self._signer
        head = f"{form}.{key.id}.{trace}{pair:016x}{expiry:08x}.{self._audience(key, audience)}."
        member = _signed(key, head + self._written(context.labels, context.zone, context.unknown))
        if len(member) > LIMIT:
            member = _signed(key, head + self._written(_NO_LABELS, _TOO_LARGE, _TOO_LARGE.unknown))
        return member

    def decode(
        self,
        member: str,
        *,
        now: float,
        audience: str | None = None,
        form: str = ASKING,
    ) -> PolicyContext:
        """Return what a member says; for one that cannot be believed, that nothing is known.

        Args:
            member: The value as received; anything at all.
            now: Seconds since the epoch.
            audience: What this service is called; None to take members meant for others too.
            form: ``ASKING`` or ``ANSWERING``.
        """
        if len(member) > LIMIT:
            return unknown("too-large")
        parts = member.split(".")
        if len(parts) != 8 or parts[0] != form or not member.isascii():
            return unknown("malformed")
        key = self._keys.get(parts[1])
        if key is None:
            return unknown("unknown-key")
        if not hmac.compare_digest(key.signer.sign(member[: -len(parts[7]) - 1]), parts[7]):
            return unknown("bad-signature")
        return self._believed(key, parts, now, audience)

    def _believed(self, key: SigningKey, parts: list[str], now: float, audience: str | None) -> PolicyContext:
        """Read a member whose signature held."""
        head = parts[2]
        try:
            pair, expiry = int(head[32:48], 16), int(head[48:], 16)
            labels, zone, reason = self._carried(key, parts[4], parts[5], parts[6])
        except (KeyError, ValueError):  # signed by a holder of the key that is no implementation of this form
            return unknown("malformed")
        if now > expiry:
            return unknown("expired")
        if audience and parts[3] and parts[3] != self._audience(key, audience):
            return unknown("wrong-audience")
        signed_trace = head[:32] if head[:32] != _NO_TRACE else ""
        return PolicyContext(labels, zone, signed_trace, (), reason, pair, True)

    def _write(self, labels: frozenset[str], zone: Zone | None, reason: str | None) -> str:
        """Return the three fields ``data.zone.admitted``."""
        key = self._signer
        data = _code(reason) + "".join(sorted(keyed_id(key, LABEL, name) for name in labels))
        if zone is None:
            return f"{data}.."
        purposes = "".join(keyed_id(key, PURPOSE, name) for name in zone.purposes)
        if zone.admitted is None:
            admitted = ""
        else:
            admitted = "-" + "".join(sorted(keyed_id(key, LABEL, name) for name in zone.admitted))
        return f"{data}.{_code(zone.unknown)}{purposes}.{admitted}"

    def _read(self, key: SigningKey, data: str, zone: str, admitted: str) -> _Carried:
        """Read the three fields back; a name that this process does not know leaves the context unknown."""
        labels = self._vocabulary.names(key, LABEL)
        held = _names(labels, data[1:])
        reason = REASONS[data[:1]] or ("unknown-label" if None in held else None)
        if not zone:
            return _told(held), None, reason
        purposes = _names(self._vocabulary.names(key, PURPOSE), zone[1:])
        doubt = REASONS[zone[:1]] or ("unknown-purpose" if None in purposes else None)
        # To admit less is always safe, so an admitted label that nobody here knows is left out.
        admits = _told(_names(labels, admitted[1:])) if admitted else None
        known = tuple(name for name in purposes if name is not None)
        return _told(held), Zone(known, admits, doubt), reason or ("unknown-purpose" if None in purposes else None)


def _names(table: Mapping[str, str], ids: str) -> list[str | None]:
    """Return the names of concatenated ids; None for one that maps to nothing."""
    if len(ids) % ID_LENGTH:
        raise ValueError("ids have a fixed length")
    return [table.get(ids[at : at + ID_LENGTH]) for at in range(0, len(ids), ID_LENGTH)]


def _told(names: list[str | None]) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)


def _code(reason: str | None) -> str:
    return KNOWN if reason is None else CODES.get(reason, CODES[UPSTREAM])


def _audience_id(key: SigningKey, name: str) -> str:
    return keyed_id(key, _AUDIENCE, name) if name else ""


def _signed(key: SigningKey, text: str) -> str:
    return f"{text}.{key.signer.sign(text)}"
