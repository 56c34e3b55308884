"""What a file of lines is mended with where a byte of it was flipped: the parity of its rows.

A file is seen as rows of bytes, and sixteen rows as a group. Beside the file stands, for each group, the exclusive or
of its rows. So what a damaged row said is known from the others: it costs a sixteenth, where a second copy costs as
much again. Which row it is, the checksums of the lines tell.
"""

from collections.abc import Callable, Iterable, Iterator
from struct import Struct

from attrs import frozen

from privacylib.recorder.lines import whole_lines

__all__ = ["Growing", "Read", "Stripe", "covering", "mended"]

_HEAD = Struct("<I4x")
"""How many bytes of a group are in its parity."""

_RECORD = 4096
_ROW = _RECORD - _HEAD.size
_GROUP = 16 * _ROW

_LONGEST = 1 << 22
"""Bytes of a line up to which it is mended: most have some hundreds, and those with 1,024 sources a megabyte."""

_USUAL = 1 << 13
"""Bytes before and behind a row in which most lines begin and end that reach into it."""

_TEXT = bytes(range(0x20, 0x80)) + b"\n"
"""What lines are made of."""

Bytes = bytes | bytearray | memoryview

Read = Callable[[int, int], bytes]
"""Takes an offset and a number of bytes; returns fewer where there are no more."""


@frozen
class Stripe:
    """Hold the parity of a group.

    Args:
        group: Its number.
        size: How many bytes of it are in the parity.
        row: The exclusive or of its rows, the last one filled up with zeros.
    """

    group: int = 0
    size: int = 0
    row: bytes = bytes(_ROW)

    @property
    def end(self) -> int:
        """Return the offset in the file up to which it is covered."""
        return self.group * _GROUP + self.size

    @property
    def offset(self) -> int:
        """Return where it stands."""
        return self.group * _RECORD

    @property
    def record(self) -> bytes:
        """Return it as it stands there."""
        return _HEAD.pack(self.size) + self.row

    @classmethod
    def read(cls, group: int, parity: Read) -> "Stripe":
        """Return the parity of a group; that of nothing where there is none."""
        record = parity(group * _RECORD, _RECORD)
        return cls(group, _HEAD.unpack_from(record)[0], record[_HEAD.size :]) if len(record) == _RECORD else cls(group)

    def with_added(self, data: Bytes) -> "Stripe":
        """Return the parity with more bytes of the group, no more than it lacks."""
        row, size = bytearray(self.row), self.size
        while data:
            column = size % _ROW
            part, data = data[: _ROW - column], data[_ROW - column :]
            row[column : column + len(part)] = _xor(row[column : column + len(part)], part)
            size += len(part)
        return Stripe(self.group, size, bytes(row))


def _striped(last: Stripe, data: bytes) -> list[Stripe]:
    """Return the parity of the last group, and of each one that some more bytes change."""
    found, rest = [last], memoryview(data)
    while rest:
        if last.size >= _GROUP:
            last = Stripe(last.group + 1)
        part, rest = rest[: _GROUP - last.size], rest[_GROUP - last.size :]
        last = last.with_added(part)
        found.append(last)
    return found


def covering(parts: Iterable[bytes], found: dict[int, bytes]) -> Iterator[bytes]:
    """Yield the parts of a file as they are, and note the parity of its groups, by number, as it is to stand beside."""
    last = Stripe()
    for part in parts:
        stripes = _striped(last, part)
        found |= {stripe.group: stripe.record for stripe in stripes}
        last = stripes[-1]
        yield part


class Growing:
    """Keep the parity of a file that grows at its end.

    Args:
        read: Reads the file.
        parity: Reads its parity.
        write: Writes some of that at an offset.
    """

    def __init__(self, read: Read, parity: Read, write: Callable[[int, bytes], None]) -> None:
        self._read = read
        self._parity = parity
        self._write = write
        self._last: Stripe | None = None

    def grown(self, size: int, data: bytes) -> None:
        """Cover what was added; whatever was added before and is not covered, torn or by a kill, is read again.

        Args:
            size: Bytes of the file now.
            data: The last ones.
        """
        last = self._last = self._last or self._found(size)
        while True:
            stripe = self._covered(last, size, data)
            if self._last is last:
                self._last = stripe
                return
            # A signal handler, or a __del__, added something meanwhile, and its parity was written over.
            size, data, self._last = max(size, self._last.end), b"", last

    def _covered(self, stripe: Stripe, size: int, data: bytes) -> Stripe:
        """Write the parity of what stands behind one, and return the last one."""
        while stripe.end < size:
            more = data if stripe.end == size - len(data) else self._read(stripe.end, _GROUP)
            if not more:  # somebody cut the file
                break
            _, *stripes = _striped(stripe, more)
            for stripe in stripes:
                self._write(stripe.offset, stripe.record)
        return stripe

    def _found(self, size: int) -> Stripe:
        """Return the last parity that is there, or that of nothing."""
        for group in range(size // _GROUP, -1, -1):
            stripe = Stripe.read(group, self._parity)
            if 0 < stripe.size <= _GROUP and stripe.end <= size:
                return stripe
        return Stripe()


def mended(offset: int, data: bytes, read: Read, parity: Read) -> bytes:
    """Return bytes of a file of lines, of which up to one row of a group is damaged, as they were written.

    Args:
        offset: Where they stand.
        data: What stands there.
        read: Reads the file.
        parity: Reads its parity.
    """
    for group in range(offset // _GROUP, (offset + len(data) - 1) // _GROUP + 1):
        for place, flipped in _damage(group, read, parity):
            first, end = max(place, offset), min(place + len(flipped), offset + len(data))
            some = _xor(data[first - offset : end - offset], flipped[first - place : end - place])
            data = data[: first - offset] + some + data[end - offset :]
    return data


def _damage(group: int, read: Read, parity: Read) -> Iterator[tuple[int, bytes]]:
    """Yield where a group is damaged, and what was flipped there."""
    known = Stripe.read(group, parity)
    start = group * _GROUP
    there = Stripe(group).with_added(read(start, min(known.size, _GROUP)))
    flipped = _xor(known.row, there.row)
    if not any(flipped):
        return
    for place in range(start, there.end, _ROW):
        some = flipped[: there.end - place]
        if _mends(place, some, read):
            yield place, some
            return


def _mends(place: int, flipped: bytes, read: Read) -> bool:
    """Return whether there are more whole lines where some bytes are flipped back."""
    if _xor(read(place, len(flipped)), flipped).translate(None, _TEXT):  # no line was ever so
        return False
    around, start, at, end = _lines_around(place, len(flipped), read, _USUAL)
    if not (start and end):
        around, start, at, end = _lines_around(place, len(flipped), read, _LONGEST)
    behind, end = at + len(flipped), end or len(around)
    back = around[start:at] + _xor(around[at:behind], flipped) + around[behind:end]
    return whole_lines(back) > whole_lines(around[start:end])


def _lines_around(place: int, size: int, read: Read, reach: int) -> tuple[bytes, int, int, int]:
    """Return some bytes, and where in them lines begin, the row does, and lines end; 0 where that is not among them."""
    first = max(0, place - reach)
    around = read(first, place - first + size + reach)
    at = place - first
    return around, around.rfind(b"\n", 0, at) + 1, at, around.find(b"\n", at + size) + 1


def _xor(one: Bytes, other: Bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(other, "little")).to_bytes(len(one), "little")
