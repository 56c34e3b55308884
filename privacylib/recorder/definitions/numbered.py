"""Lines that define flows, each under a number, and where they stand."""

import re
from collections.abc import Iterator

from privacylib.model import Flow, Kind
from privacylib.recorder.definitions.flowtext import flow_of, flow_text
from privacylib.recorder.lines import BEHIND_CHECKSUM, is_whole, lines_in, sealed, unsealed, whole_lines
from privacylib.recorder.parity import mended
from privacylib.recorder.storing.store import FLOW_PARITY, Store

__all__ = ["defined", "definition_line", "definitions", "line_at", "mended_lines", "parse_line"]

_PORTION = 1 << 18
"""Bytes of the definitions that are looked at together, or as many as the longest line."""

_LINE = 4096
"""Bytes that most definitions have at most."""

_DEFINITION = re.compile(rb'"id":(\d+),"flow":(\{"kind":"([A-Z]+)",.*\})\}')


def definition_line(number: int, text: bytes) -> bytes:
    """Return the line that defines the flow of a text as `number`."""
    return sealed(b'"id":%d,"flow":%s}' % (number, text))


def parse_line(line: bytes) -> tuple[int, Flow] | None:
    """Return number and flow of a line without its line feed, or None when it is torn or damaged."""
    members = unsealed(line)
    if members is None:
        return None
    try:
        return int(members["id"]), flow_of(members["flow"])
    except (ValueError, KeyError, TypeError):  # a newer format: this reader does not know such a flow
        return None


def defined(line: bytes) -> tuple[int, bytes, bool] | None:
    """Return number and text of the flow that a line defines, and whether it is a CALL; None as `parse_line` does."""
    found = _DEFINITION.fullmatch(line, BEHIND_CHECKSUM)
    if found is None or not is_whole(line):  # there may be writers who write the same in another order
        parsed = parse_line(line)
        return parsed and (parsed[0], flow_text(parsed[1]), parsed[1].kind is Kind.CALL)
    return int(found[1]), found[2], found[3] == b"CALL"


def definitions(store: Store, offset: int = 0, mended: list[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of definitions that are complete, each with its offset, from an offset on.

    Those that are damaged are mended, and yielded all the same where that cannot be done.

    Args:
        store: The producer's.
        offset: Where one begins.
        mended: Takes how many were mended, in one portion and the next.
    """
    size = _PORTION
    while part := store.lines(offset, size):
        end = part.rfind(b"\n") + 1
        if not end and len(part) == size:
            size *= 2
            continue
        if not (end and _is_whole(part[:end])):
            there, part = part, mended_lines(store, offset, part)
            end = part.rfind(b"\n") + 1
            if mended is not None:
                mended.append(whole_lines(part[:end]) - whole_lines(there[:end]))
            if not end:  # it is being written, or torn
                return
        for piece in part[:end].split(b"\n"):
            at = offset
            for line in lines_in(piece):
                yield at, line
                at += len(line) + 1
            offset += len(piece) + 1
        offset -= 1  # behind the last line feed nothing was cut off
        size = _PORTION


def line_at(store: Store, offset: int) -> bytes:
    """Return the line that begins at an offset, without its line feed, mended where it is damaged."""
    size = _LINE
    while True:
        part = store.lines(offset, size)
        line, end, _ = part.partition(b"\n")
        if is_whole(line):
            return line
        if end or len(part) < size:
            return next((line for _, line in definitions(store, offset)), b"")
        size *= 4


def mended_lines(store: Store, offset: int, lines: bytes) -> bytes:
    """Return some of the definitions, what is damaged as it was written, if that is known."""
    return mended(offset, lines, store.lines, lambda at, size: store.kept(FLOW_PARITY, size, at))


def _is_whole(lines: bytes) -> bool:
    return whole_lines(lines) == sum(map(bool, lines.split(b"\n")))
