"""Tallies of flows as rows of bytes, each with its checksum, in files that are sorted by flow and never changed.

Each file has a twin with the same bytes, where a row is read that is damaged in the file. What is folded is added as a
file of its own. Files of about the same size are merged once there are some of them, so a row is copied a few times
only, however often segments are folded, and memory holds a few rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain, groupby, zip_longest
from struct import Struct
from zlib import crc32

from privacylib.recorder.counts.counting import KEYS, Tally
from privacylib.recorder.storing.store import PART, Store

__all__ = ["ROWS", "TWINS", "Row", "merged", "opened_rows", "row_of", "rows_in", "sorted_rows", "tally_of"]

ROWS = "rows."
"""How the names of the files begin."""

TWINS = "twin."
"""How the names of their twins begin."""

_HEAD = Struct("<IBBBxIQ")
"""checksum, words of four bytes in all, keys, what follows, flow, first"""
_MANY, _ODD = 1, 2
"""What follows the keys: count and last; failed, outlived and orphaned."""
_TWO, _THREE = Struct("<2Q"), Struct("<3Q")
_CHECKSUM = Struct("<I")
_WORD, _KEY = 4, 16
_LONGEST = _HEAD.size + KEYS * _KEY + _TWO.size + _THREE.size

Row = tuple[int, bytes]
"""Flow number and bytes."""


def row_of(flow: int, tally: Tally) -> bytes:
    """Return a tally as bytes."""
    has, parts = 0, sorted(tally.keys)
    if tally.count != 1 or tally.last != tally.first:
        has |= _MANY
        parts.append(_TWO.pack(tally.count, tally.last))
    if tally.failed or tally.outlived or tally.orphaned:
        has |= _ODD
        parts.append(_THREE.pack(tally.failed, tally.outlived, tally.orphaned))
    rest = b"".join(parts)
    words = (_HEAD.size + len(rest)) // _WORD
    row = _HEAD.pack(0, words, len(tally.keys), has, flow, tally.first) + rest
    return _CHECKSUM.pack(crc32(row[_WORD:])) + row[_WORD:]


def tally_of(row: bytes) -> Tally:
    """Return the tally of a row that is whole."""
    _, _, keys, has, _, first = _HEAD.unpack_from(row)
    at = _HEAD.size
    tally = Tally(1, 0, first, first)
    for _ in range(keys):
        tally.take(row[at : at + _KEY])
        at += _KEY
    if has & _MANY:
        tally.count, tally.last = _TWO.unpack_from(row, at)
        at += _TWO.size
    if has & _ODD:
        tally.failed, tally.outlived, tally.orphaned = _THREE.unpack_from(row, at)
    return tally


def sorted_rows(flows: Mapping[int, Tally]) -> Iterator[bytes]:
    """Yield the rows of some flows, as they stand in a file."""
    return (row_of(flow, flows[flow]) for flow in sorted(flows))


def rows_in(parts: Iterable[bytes], damaged: list[int], twin: Iterable[bytes] = ()) -> Iterator[Row]:
    """Yield the rows of a file that are whole, and note in `damaged` where others stand.

    Args:
        parts: The file, piece by piece.
        damaged: Gets a place for each run of bytes that is no row, in the twin neither.
        twin: The same bytes once more, in pieces as long; empty where there are none.
    """
    data, other, at, before, whole = b"", b"", 0, 0, True
    for part, same in chain(zip_longest(parts, twin, fillvalue=b""), ((b"", b""),)):
        longest = max(len(part), len(same))  # what one of them lacks is damaged, too
        data, other = data[at:] + part.ljust(longest, b"\0"), other[at:] + same.ljust(longest, b"\0")
        before, at = before + at, 0
        # A row is looked at once all of it must be there, unless nothing more comes.
        end = len(data) - _LONGEST if longest else len(data) - _HEAD.size
        while at <= end:
            if row := _row_at(data, at) or _row_at(other, at):
                yield int.from_bytes(row[8:12], "little"), row
                at, whole = at + len(row), True
                continue
            if whole:
                damaged.append(before + at)
            at, whole = at + _WORD, False
    if whole and at < len(data):
        damaged.append(before + at)


def _row_at(data: bytes, at: int) -> bytes:
    """Return the row that begins somewhere; empty where it is not whole."""
    size = data[at + _WORD] * _WORD
    if size >= _HEAD.size and crc32(data[at + _WORD : at + size]) == _CHECKSUM.unpack_from(data, at)[0]:
        return data[at : at + size]
    return b""


def opened_rows(store: Store, names: Iterable[str], damaged: list[int]) -> list[Iterator[Row]] | None:
    """Return the rows of some files, each begun, so that it stays readable when it is removed; None if one is gone.

    Args:
        store: Where they are.
        names: Their names, and those of their twins.
        damaged: As in `rows_in`.
    """
    here = set(names)
    found: list[Iterator[Row]] = []
    for name in sorted({name.replace(TWINS, ROWS) for name in here}):
        both = [_begun(store, each) for each in (name, name.replace(ROWS, TWINS)) if each in here]
        whole = [parts for parts in both if parts is not None]
        if not whole:
            return None
        found.append(rows_in(whole[0], damaged, *whole[1:]))
    return found


def _begun(store: Store, name: str) -> Iterator[bytes] | None:
    parts = store.parts(name)
    first = next(parts, b"")
    return chain((first,), parts) if first else None


def merged(files: Iterable[Iterator[Row]]) -> Iterator[bytes]:
    """Yield the rows of several files as one, some at once."""
    some, size = list[bytes](), 0
    for flow, group in groupby(merge(*files), key=lambda row: row[0]):
        rows = [row for _, row in group]
        some.append(rows[0] if len(rows) == 1 else row_of(flow, _sum(rows)))
        size += len(some[-1])
        if size >= PART:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)


def _sum(rows: Iterable[bytes]) -> Tally:
    tally = Tally()
    for row in rows:
        tally.add(tally_of(row))
    return tally
