"""The signed member: one policy context as one W3C baggage value.

The form is described in docs/reference/wire-format.md. It is text throughout, of characters that
no propagator escapes, so that services which know nothing of it pass it on unchanged. What is the
same for many calls stands in front, and is written and read once.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from privacylib.model import PolicyContext, Zone
from privacylib.propagation.keys import Keyring, SigningKey
from privacylib.propagation.reasons import CODES, KNOWN, REASONS, UPSTREAM, Reason
from privacylib.propagation.vocabulary import AUDIENCE, ID_LENGTH, LABEL, PURPOSE, Vocabulary, keyed_id

__all__ = ["ANSWERING", "ASKING", "ECHO", "LIMIT", "Codec", "Lasting", "Taken", "unknown"]

LIMIT = 2048
"""Most characters of a member."""

ASKING = "2"
ANSWERING = "2r"
"""Version and direction: what was said in one direction proves nothing in the other."""

ECHO = "2e."
"""What an answer begins with that only proves: the data are known, and are those of the request."""

_LATEST = 0xFFFFFFFF
_NO_TRACE = "0" * 32
_is_trace = re.compile(r"[0-9a-f]{32}").fullmatch
_MEMO = 1024
_SIGNATURE = 32
_HEAD = 56
_TAIL = _HEAD + 1 + _SIGNATURE
"""Characters of head and signature."""
_NO_LABELS: frozenset[str] = frozenset()
_TOO_LARGE = Zone(unknown="too-large")


def unknown(reason: Reason, correlation_key: str = "") -> PolicyContext:
    """Return the context of work about which nothing is known."""
    return PolicyContext(unknown=reason, zone=Zone(unknown=reason), correlation_key=correlation_key)


class Lasting(NamedTuple):
    """Hold what is the same in many members."""

    form: str
    key: SigningKey
    audience: str
    """Id of whom they are meant for; empty for anybody."""
    labels: frozenset[str]
    zone: Zone | None
    unknown: str | None


class Taken(NamedTuple):
    """Hold what one member said whose signature held."""

    lasting: Lasting
    trace: str
    """Correlation key, or an empty text."""
    pair: int
    echo: str
    """What answers a request, where the response holds what the request does."""
    tracestate: str = ""
    """What came beside it of other tracers, unsigned."""

    def context(self) -> PolicyContext:
        """Return it as a context."""
        lasting = self.lasting
        return PolicyContext(
            lasting.labels, lasting.zone, self.trace, (), lasting.unknown, self.pair, True, self.tracestate
        )


class Codec:
    """Write and read members under one keyring and one vocabulary.

    What repeats from call to call (names, zone) is encoded once and kept; only text whose
    signature held is ever kept, so a stranger cannot fill the memory.

    Args:
        keyring: Keys that sign and verify.
        vocabulary: Names that ids are mapped back to.
    """

    __slots__ = ("_audience", "_key", "_keys", "_known", "_signing", "_vocabulary", "lasting")

    def __init__(self, keyring: Keyring, vocabulary: Vocabulary) -> None:
        self._keys = keyring.by_id
        self._key = keyring.first
        self._signing = keyring.first.signer.begin
        self._vocabulary = vocabulary
        self._audience = lru_cache(_MEMO)(_audience_id)
        self._known: dict[str, Lasting] = {}
        self.lasting = lru_cache(_MEMO)(self._begin)
        """Return all that stands before the head of a member; see `seal`."""

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
        lasting = self.lasting(form, audience, context.labels, context.zone, context.unknown)
        return self.seal(lasting, context.correlation_key, pair, now + lifetime)[0]

    def _begin(self, form: str, audience: str, labels: frozenset[str], zone: Zone | None, reason: str | None) -> str:
        key = self._key
        begin = f"{form}.{key.id}.{self._audience(key, audience)}."
        text = f"{begin}{_written(key, labels, zone, reason)}."
        if len(text) + _TAIL > LIMIT:
            text = f"{begin}{_written(key, _NO_LABELS, _TOO_LARGE, _TOO_LARGE.unknown)}."
        return text

    def seal(self, lasting: str, trace: str, pair: int, expiry: float) -> tuple[str, str]:
        """Sign a member.

        Args:
            lasting: What `lasting` returned.
            trace: Correlation key; one that is no trace id stays here.
            pair: Span id that joins both ends of a call, 0 to 2**64 - 1.
            expiry: Seconds since the epoch until which it counts.

        Returns:
            The member, and the echo that may answer it: the half of the signature that does not
            travel with it, so that only who holds the key can have it.
        """
        if not _is_trace(trace):
            trace = _NO_TRACE
        return self.sealed(f"{lasting}{trace}{pair:016x}{min(int(expiry), _LATEST):08x}")

    def sealed(self, text: str) -> tuple[str, str]:
        """Sign a member as `seal` does, given all that is signed."""
        signing = self._signing()
        signing.update(text.encode("ascii"))
        proof = signing.hexdigest()
        return f"{text}.{proof[:_SIGNATURE]}", ECHO + proof[_SIGNATURE:]

    def decode(
        self,
        member: str,
        *,
        now: float,
        form: str = ASKING,
    ) -> PolicyContext:
        """Return what a member says; for one that cannot be believed, that nothing is known.

        Args:
            member: The value as received; anything at all.
            now: Seconds since the epoch.
            form: ``ASKING`` or ``ANSWERING``.
        """
        found = self.take(member, now, form)
        return unknown(found) if isinstance(found, str) else found.context()

    def take(self, member: str, now: float, form: str = ASKING) -> Taken | Reason:
        """Return what a member says, whoever it is meant for, or why it cannot be believed; see `decode`."""
        if len(member) > LIMIT:
            return "too-large"
        if not member.isascii():
            return "malformed"
        return self.take_again(member, now, form) or self._meet(member, now, form)

    def take_again(self, member: str, now: float, form: str = ASKING) -> Taken | None:
        """Return what a member says that begins as one before; None for any other, and for one that is wrong."""
        lasting = self._known.get(member[:-_TAIL])
        if lasting is None or lasting.form != form or not member.isascii():
            return None
        text = member[: -_SIGNATURE - 1]
        verifying = lasting.key.signer.begin()
        verifying.update(text.encode("ascii"))
        proof = verifying.hexdigest()
        if not compare_digest(f".{proof[:_SIGNATURE]}", member[-_SIGNATURE - 1 :]):
            return None
        try:
            both = int(text[-24:], 16)
        except ValueError:
            return None
        if now > both & _LATEST:
            return None
        trace = text[-_HEAD:-24]
        return Taken(lasting, "" if trace == _NO_TRACE else trace, both >> 32, ECHO + proof[_SIGNATURE:])

    def _meet(self, member: str, now: float, form: str) -> Taken | Reason:
        """Read a member that begins as none before."""
        parts = member.split(".")
        if len(parts) != 8 or parts[0] != form:
            return "malformed"
        key = self._keys.get(parts[1])
        if key is None:
            return "unknown-key"
        proof = key.signer.sign(member[: -len(parts[7]) - 1])
        if not compare_digest(proof[:_SIGNATURE], parts[7]):
            return "bad-signature"
        try:
            lasting = Lasting(form, key, parts[2], *self._read(key, parts[3], parts[4], parts[5]))
        except (KeyError, ValueError):  # signed by a holder of the key that is no implementation of this form
            return "malformed"
        if len(parts[6]) != _HEAD:
            return "malformed"
        if len(self._known) >= _MEMO:
            self._known.clear()
        self._known[member[:-_TAIL]] = lasting
        return _believed(lasting, parts[6], proof, now)

    def _read(
        self, key: SigningKey, data: str, zone: str, admitted: str
    ) -> tuple[frozenset[str], Zone | None, str | None]:
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


def _believed(lasting: Lasting, head: str, proof: str, now: float) -> Taken | Reason:
    """Read the head of a member whose signature held."""
    try:
        pair, expiry = int(head[32:48], 16), int(head[48:], 16)
    except ValueError:
        return "malformed"
    if now > expiry:
        return "expired"
    trace = head[:32]
    return Taken(lasting, "" if trace == _NO_TRACE else trace, pair, ECHO + proof[_SIGNATURE:])


def _written(key: SigningKey, labels: frozenset[str], zone: Zone | None, reason: str | None) -> str:
    """Return the three fields ``data.zone.admitted``."""
    data = _code(reason) + "".join(sorted(keyed_id(key, LABEL, name) for name in labels))
    if zone is None:
        return f"{data}.."
    purposes = "".join(keyed_id(key, PURPOSE, name) for name in zone.purposes)
    if zone.admitted is None:
        admitted = ""
    else:
        admitted = "-" + "".join(sorted(keyed_id(key, LABEL, name) for name in zone.admitted))
    return f"{data}.{_code(zone.unknown)}{purposes}.{admitted}"


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
    return keyed_id(key, AUDIENCE, name) if name else ""
