"""Carriers: the headers, metadata and variables that context travels in.

A carrier is a mapping of names to values, or a list of pairs, as the many libraries have them:
names and values are text or bytes, a value may be a list, a name may come in any case and more
than once. Formats are those of W3C Trace Context and W3C Baggage.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

__all__ = [
    "BAGGAGE", "BAGGAGE_LIMIT", "HEADERS", "LENGTHS", "MEMBER", "TRACEPARENT", "TRACESTATE", "Carrier",
    "MutableCarrier", "Presented", "merged", "presented", "replace", "trace_of", "traceparent",
]  # fmt: skip

Carrier: TypeAlias = Mapping[Any, Any] | Iterable[Any]
"""What context is read from."""

MutableCarrier: TypeAlias = MutableMapping[Any, Any] | MutableSequence[Any]
"""What context is written to: a mapping, or a list of pairs."""

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
BAGGAGE = "baggage"
MEMBER = "privacylib"
BAGGAGE_LIMIT = 16_384
"""Most characters of baggage that are looked through: twice what W3C asks everybody to pass on."""

_LINES = 64
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
HEADERS: Mapping[str, int] = {TRACEPARENT: 0, BAGGAGE: 1, MEMBER: 2, TRACESTATE: 3}
"""The headers that matter here, and where `Presented` holds their values."""
LENGTHS = frozenset(map(len, HEADERS))
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_FIRST = f"{MEMBER}="
_OURS = re.compile(rf"(?:^|,)[ \t]*{MEMBER}[ \t]*(?:=([^,]*)|(?=[,;]|$))")


class Presented(NamedTuple):
    """Hold what a carrier presents.

    Args:
        traceparents: Values of ``traceparent``.
        baggage: Values of ``baggage``.
        replies: Values of ``privacylib``, in which a response brings its labels.
        tracestates: Values of ``tracestate``.
        excess: Whether there is more baggage than is looked through.
    """

    traceparents: Sequence[str]
    baggage: Sequence[str]
    replies: Sequence[str]
    tracestates: Sequence[str]
    excess: bool = False

    @property
    def members(self) -> list[str]:
        """Return our members in the baggage: one, unless somebody tampered."""
        return [member for value in self.baggage if MEMBER in value for member in _members(value)]

    @property
    def trace(self) -> str:
        """Return the trace id of the one valid ``traceparent``, or an empty text."""
        return trace_of(self.traceparents[0]) if len(self.traceparents) == 1 else ""


def _members(value: str) -> list[str]:
    first, _, others = value.partition(",")
    if first.startswith(_FIRST) and MEMBER not in others:  # as we write it
        found = [first[len(_FIRST) :]]
    else:
        found = [match.group(1) or "" for match in _OURS.finditer(value)]
    return [one.partition(";")[0].strip(" \t") for one in found]


def presented(carrier: Carrier, *, bounded: bool = True) -> Presented:
    """Return what a carrier presents, without ever raising for what it holds.

    Args:
        carrier: What is read.
        bounded: Whether to stop after 64 lines or 16,384 characters: for what a stranger sent, not
            for what the host itself is about to send, of which nothing may be lost.
    """
    found: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
    lines = size = 0
    for pair in _pairs(carrier):
        try:
            given, value = pair
            if len(given) not in LENGTHS:
                continue
        except (TypeError, ValueError):
            continue
        at = HEADERS.get(given if given.__class__ is str else _text(given))
        if at is None and (at := HEADERS.get(_text(given).lower())) is None:
            continue
        for one in cast("Iterable[object]", value) if isinstance(value, (list, tuple)) else (value,):
            text = _text(one)
            size += len(text)
            if bounded and (lines >= _LINES or size > BAGGAGE_LIMIT):
                return Presented(*found, excess=True)
            lines += 1
            found[at].append(text)
    return Presented(*found)


def _pairs(carrier: Any) -> Iterable[Any]:
    """Return what a carrier holds; the headers of `http.client` have items and are no mapping."""
    if carrier.__class__ is tuple or carrier.__class__ is list:
        return carrier
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


def merged(baggage: Sequence[str], member: str | None) -> str:
    """Return one ``baggage`` value: our member first, foreign ones behind it as they were.

    Args:
        baggage: Values the carrier has; a member of ours in them is replaced.
        member: Ours, or None to take it out.
    """
    if not baggage:
        return "" if member is None else _FIRST + member
    foreign = [one for value in baggage for one in _foreign(value)]
    return ",".join([_FIRST + member, *foreign] if member is not None else foreign)


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
    if carrier.__class__ is dict or isinstance(carrier, MutableMapping):
        _replace_in_mapping(cast("MutableMapping[Any, Any]", carrier), fields, upper=upper)
        return
    # Kafka's pairs have a name that is text and a value that is bytes.
    name_like, value_like = carrier[0] if carrier else ("", "")
    ours = [at for at, pair in enumerate(carrier) if len(pair[0]) in LENGTHS and _is_of(pair[0], fields)]
    for at in reversed(ours):
        del carrier[at]
    for name, value in fields.items():
        if value is not None:
            carrier.append((_like(name_like, name.upper() if upper else name), _like(value_like, value)))


def _replace_in_mapping(carrier: MutableMapping[Any, Any], fields: Mapping[str, str | None], *, upper: bool) -> None:
    names = list(carrier)
    for name in names:
        if len(name) in LENGTHS and _is_of(name, fields) and name in carrier:  # some list a name once for each value
            del carrier[name]
    like: object = names[-1] if names else ""
    for name, value in fields.items():
        if value is not None:
            carrier[_like(like, name.upper() if upper else name)] = _like(like, value)


def _is_of(name: Any, fields: Mapping[str, Any]) -> bool:
    return _text(name).lower() in fields


def _like(sample: object, text: str) -> str | bytes:
    return text.encode("latin-1", "replace") if isinstance(sample, bytes) else text
