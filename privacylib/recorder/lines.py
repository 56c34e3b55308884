"""Lines of JSON, each with its own checksum."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

__all__ = [
    "BEHIND_CHECKSUM", "encoded", "is_whole", "lines_in", "sealed", "sealed_line", "told_in", "unsealed", "whole_lines",
]  # fmt: skip

_JSON = json.JSONEncoder(separators=(",", ":"))
_PREFIX = b'{"crc":"'
BEHIND_CHECKSUM = len(_PREFIX) + len('00000000",')
"""Where in a line that begins which its checksum covers."""


def sealed_line(members: Mapping[str, Any]) -> bytes:
    """Return an object as a line, ASCII only, with its line feed.

    The checksum covers every byte after the comma behind it, the line feed excluded.
    """
    return sealed(encoded(members)[1:])


def sealed(rest: bytes) -> bytes:
    """Return the rest of an object, behind the comma of its checksum, as a line with that and its line feed."""
    return b'%s%08x",%s\n' % (_PREFIX, crc32(rest), rest)


def encoded(members: Mapping[str, Any]) -> bytes:
    """Return an object as JSON, without spaces and in ASCII."""
    return _JSON.encode(members).encode()


def is_whole(line: bytes) -> bool:
    """Return whether the checksum of a line without its line feed is right."""
    return line.startswith(b'%s%08x",' % (_PREFIX, crc32(line[BEHIND_CHECKSUM:])))


def whole_lines(data: bytes) -> int:
    """Return how many lines with their line feeds are whole."""
    return sum(map(is_whole, data.split(b"\n")[:-1]))


def unsealed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line without its line feed, or None when it is torn or damaged."""
    if not is_whole(line):
        return None
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return None


def told_in(line: bytes) -> dict[str, Any]:
    """Return the object of a line that may be of a version that wrote no checksum; empty when it is damaged."""
    if line.startswith(_PREFIX):
        return unsealed(line) or {}
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}


def lines_in(data: bytes) -> Iterator[bytes]:
    """Yield lines without their line feeds; where one was damaged, it costs neither of the two beside it."""
    for line in filter(None, data.split(b"\n")):
        rest = line
        while (at := rest.find(_PREFIX, 1)) > 0:  # nothing within a line looks so: its quotes are escaped
            yield rest[: at - 1]
            rest = rest[at:]
        yield rest
