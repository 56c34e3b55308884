"""The bytes of the spool: slots, segment headers, and how a record is cut into slots.

``docs/reference/spool-format.md`` says the same for readers in other languages.
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from zlib import crc32

__all__ = [
    "BODY", "EXTRA", "FOREIGN", "FORMAT", "GAP", "GAP_BODY", "HAS_AUXILIARY", "LINKS", "LINK_BODY", "MAX_DURATION",
    "MAX_LINKS", "NOTE_BODY", "OP", "OP_BODY", "REFUSED", "REFUSED_BODY", "SEALED_SLOT", "SLOT", "SWALLOWED",
    "SWALLOWED_BODY", "auxiliary_bodies", "header", "seal", "written_slots",
]  # fmt: skip

FORMAT = 1
SLOT = 64

OP, LINKS, FOREIGN, EXTRA, REFUSED, SWALLOWED, GAP = 1, 2, 3, 4, 5, 6, 7
HAS_AUXILIARY = 0x80
"""Bit of an OP's flags: auxiliary slots of the same span stand before it."""

MAX_DURATION = 2**32 - 1
MAX_LINKS = 2**16 - 1

SEALED_SLOT = Struct("<I60s")
BODY = 60
OP_BODY = Struct("<BBHIQIQQ16sQ")
"""kind, flags, links, flow, start, duration, span, parent, key, first link"""
LINK_BODY = Struct("<BxHQ6Q")
"""kind, number of links here, owner span, up to six spans"""
NOTE_BODY = Struct("<BxxxQQ16s24x")
"""kind, owner span, a number, an id: FOREIGN (span, key) and EXTRA (messages, trace id)"""
REFUSED_BODY = Struct("<B3x7Q")
"""kind, how many calls were refused for each of seven causes"""
SWALLOWED_BODY = Struct("<B3xQ48s")
"""kind, how many errors were swallowed, where and of which type"""
GAP_BODY = Struct("<B3xQ112s")
"""kind, how often I/O was not explained, event and call site; its slots are twice as long as the others"""
_HEADER_BODY = Struct("<8sHHIIQ8s24x")

_LINKS_PER_SLOT = 6
_STEPS = (128 * SLOT, 8 * SLOT, SLOT)
"""Bytes that are compared at once, from the end of what may be blank."""
_NO_TRACE = bytes(16)


def seal(body: bytes) -> bytes:
    """Return `body` with its checksum in front."""
    return SEALED_SLOT.pack(crc32(body), body)


def header(number: int, size: int, producer: str, created: int) -> bytes:
    """Return the first slot of a segment of `size` bytes."""
    body = _HEADER_BODY.pack(b"PLSPOOL\0", FORMAT, SLOT, size // SLOT, number, created, bytes.fromhex(producer))
    return seal(body)


def written_slots(data: bytes) -> bytes:
    """Return the slots of `data` up to the last that is not zero, without a torn one at its end."""
    used = len(data) // SLOT * SLOT
    for step in () if any(data[used:]) else _STEPS:
        blank = bytes(step)
        while used >= step and data[used - step : used] == blank:
            used -= step
    return data[:used]


def auxiliary_bodies(
    span: int,
    links: Sequence[int],
    foreign: Sequence[tuple[bytes, int]],
    messages: int,
    trace: bytes | None,
) -> Iterator[bytes]:
    """Yield the bodies of what an OP slot has no room for.

    Args:
        span: Span id of the operation.
        links: Linked spans of the same key, all but the first.
        foreign: Linked spans of other keys as (key, span).
        messages: Number of messages.
        trace: The trace id where it differs from the key.
    """
    for start in range(0, len(links), _LINKS_PER_SLOT):
        part = links[start : start + _LINKS_PER_SLOT]
        yield LINK_BODY.pack(LINKS, len(part), span, *part, *(0,) * (_LINKS_PER_SLOT - len(part)))
    for key, other in foreign:
        yield NOTE_BODY.pack(FOREIGN, span, other, key)
    if messages != 1 or trace is not None:
        yield NOTE_BODY.pack(EXTRA, span, messages, trace or _NO_TRACE)
