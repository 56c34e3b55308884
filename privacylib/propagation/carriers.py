"""Carriers: the headers, metadata and variables that context travels in.

A carrier is a mapping of names to values, or a list of pairs, as the many libraries have them:
names and values are text or bytes, a value may be a list, a name may come in any case and more
than once. Formats are those of W3C Trace Context and W3C Baggage.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any, TypeAlias, cast

from attrs import frozen

__all__ = [
    "BAGGAGE", "BAGGAGE_LIMIT", "MEMBER", "TRACEPARENT", "Carrier", "MutableCarrier", "Presented", "merged",
    "presented", "replace", "trace_of", "traceparent",
]  # fmt: skip

Carrier: TypeAlias = Mapping[Any, Any] | Iterable[Any]
"""What context is read from."""

MutableCarrier: TypeAlias = MutableMapping[Any, Any] | MutableSequence[Any]
"""What context is written to: a mapping, or a list of pairs."""

TRACEPARENT = "traceparent"
BAGGAGE = "baggage"
MEMBER = "privacylib"
BAGGAGE_LIMIT = 16_384
"""Most characters of baggage that are looked through: twice what W3C asks everybody to pass on."""

_LINES = 64
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_NAMES = frozenset((TRACEPARENT, BAGGAGE, MEMBER))
_LENGTHS = frozenset(map(len, _NAMES))
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_OURS = re.compile(rf"(?:^|,)[ \t]*{MEMBER}[ \t]*(?:=([^,]*)|(?=[,;]|$))")


@frozen
class Presented:
    """Hold what a carrier presents.

    Args:
        traceparents: Values of ``traceparent``.
        baggage: Values of ``baggage``.
        replies: Values of ``privacylib``, in which a response brings its labels.
        excess: Whether there is more baggage than is looked through.
    """

    traceparents: Sequence[str]
    baggage: Sequence[str]
    replies: Sequence[str]
    excess: bool

    @property
    def members(self) -> list[str]:
        """Return our members in the baggage: one, unless somebody tampered."""
        return [
            (match.group(1) or "").partition(";")[0].strip(" \t")
            for value in self.baggage
            if MEMBER in value
            for match in _OURS.finditer(value)
        ]

    @property
    def trace(self) -> str:
        """Return the trace id of the one valid ``traceparent``, or an empty text."""
        return trace_of(self.traceparents[0]) if len(self.traceparents) == 1 else ""


def presented(carrier: Carrier, *, bounded: bool = True) -> Presented:
    """Return what a carrier presents, without ever raising for what it holds.

    Args:
        carrier: What is read.
        bounded: Whether to stop after 64 lines or 16,384 characters: for what a stranger sent, not
            for what the host itself is about to send, of which nothing may be lost.
    """
    found: dict[str, list[str]] = {TRACEPARENT: [], BAGGAGE: [], MEMBER: []}
    size = 0
    for line, (name, value) in enumerate(_relevant(carrier)):
        size += len(value)
        if bounded and (line >= _LINES or size > BAGGAGE_LIMIT):
            return Presented(found[TRACEPARENT], found[BAGGAGE], found[MEMBER], excess=True)
        found[name].append(value)
    return Presented(found[TRACEPARENT], found[BAGGAGE], found[MEMBER], excess=False)


def _relevant(carrier: Carrier) -> Iterator[tuple[str, str]]:
    """Yield names, in lower case, and values of the headers that matter here."""
    pairs = _pairs(carrier)
    for pair in pairs:
        try:
            given, value = pair
            if len(given) not in _LENGTHS:
                continue
        except (TypeError, ValueError):
            continue
        name = _text(given).lower()
        if name not in _NAMES:
            continue
        if isinstance(value, (list, tuple)):
            yield from ((name, _text(one)) for one in cast("Iterable[object]", value))
        else:
            yield name, _text(value)


def _pairs(carrier: Any) -> Iterable[Any]:
    """Return what a carrier holds; the headers of `http.client` have items and are no mapping."""
    items = getattr(carrier, "items", None)
    held = items() if callable(items) else carrier
    return cast("Iterable[Any]", held) if isinstance(held, Iterable) else ()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    # Latin-1 takes every byte; what is not ASCII is refused later, by its reader.
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, bytearray)) else ""


def trace_of(value: str) -> str:
    """Return the trace id of a ``traceparent``, or an empty text where it is not valid.

    Source of the rules: W3C Trace Context, section 3.2. Later versions may append fields.
    """
    match = _TRACEPARENT.fullmatch(value.strip(" \t")) if len(value) <= 512 else None
    if match is None:
        return ""
    version, trace, span, more = match.groups()
    if version == "ff" or (version == "00" and more) or trace == _NO_TRACE or span == _NO_SPAN:
        return ""
    return trace


def traceparent(trace: str, span: int) -> str:
    """Return a sampled ``traceparent``, or an empty text where there is none of this trace and span."""
    return f"00-{trace}-{span:016x}-01" if span and _TRACE.fullmatch(trace) else ""


def merged(baggage: Iterable[str], member: str | None) -> str:
    """Return one ``baggage`` value: our member first, foreign ones behind it as they were.

    Args:
        baggage: Values the carrier has; a member of ours in them is replaced.
        member: Ours, or None to take it out.
    """
    foreign = [one for value in baggage for one in _foreign(value)]
    return ",".join([f"{MEMBER}={member}", *foreign] if member is not None else foreign)


def _foreign(value: str) -> Iterable[str]:
    if MEMBER not in value:
        return (value,) if value.strip(" \t,") else ()
    return [one for one in value.split(",") if one.strip(" \t") and not _OURS.match(one)]


def replace(carrier: MutableCarrier, fields: Mapping[str, str | None], *, upper: bool = False) -> None:
    """Set headers in a carrier in place of those of the same name in any case; None removes one.

    Text becomes bytes where the carrier has bytes. An empty carrier takes text.

    Args:
        carrier: What is written to.
        fields: Values by name, in lower case.
        upper: Whether to write the names in upper case, as variables of an environment.
    """
    if isinstance(carrier, MutableMapping):
        _replace_in_mapping(carrier, fields, upper=upper)
        return
    # Kafka's pairs have a name that is text and a value that is bytes.
    name_like, value_like = carrier[0] if carrier else ("", "")
    for at in reversed(range(len(carrier))):
        name = carrier[at][0]
        if len(name) in _LENGTHS and _text(name).lower() in fields:
            del carrier[at]
    for name, value in fields.items():
        if value is not None:
            carrier.append((_like(name_like, name.upper() if upper else name), _like(value_like, value)))


def _replace_in_mapping(carrier: MutableMapping[Any, Any], fields: Mapping[str, str | None], *, upper: bool) -> None:
    like: object = ""
    for name in tuple(carrier):
        like = name
        if len(name) in _LENGTHS and _text(name).lower() in fields:
            del carrier[name]
    for name, value in fields.items():
        if value is not None:
            carrier[_like(like, name.upper() if upper else name)] = _like(like, value)


def _like(sample: object, text: str) -> str | bytes:
    return text.encode("latin-1", "replace") if isinstance(sample, bytes) else text
