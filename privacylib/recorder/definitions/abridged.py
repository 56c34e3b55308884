"""Definitions of flows that look alike, told by what differs from one of them.

A service with a great many assets defines a great many flows that have nearly all in common. From some number on, one
of those of the same kind and call site is a base, and the next ones are compressed with its text as the dictionary.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from zlib import DEFLATED, Z_FIXED, compressobj, decompressobj
from zlib import error as ZlibError  # noqa: N812 - a class

from attrs import frozen

from privacylib.recorder.definitions.numbered import defined, definition_line, line_at
from privacylib.recorder.lines import is_whole, sealed
from privacylib.recorder.storing.store import Store

__all__ = ["Abridging", "Definition", "Texts"]

_FROM = 256
"""Definitions that are written in full, for whoever reads them with his eyes."""

_USES = 64
"""Definitions that lean on the same base."""

_BASES = 256
"""Kinds of flows that have a base at a time."""

_KEPT = 64
"""Texts of bases at hand."""

_WINDOW = -12
"""Raw deflate, with a window of 4 KB: both texts are mostly shorter."""

_MEMORY = 4
_REST = len('{"crc":"00000000",')
_BASE = re.compile(rb'"base":(\d+),"flow":(\{"kind":"([A-Z]+)",.*\})\}')
_ABRIDGED = re.compile(rb'"id":(\d+),"like":(\d+),"rest":"([A-Za-z0-9+/=]+)"\}')
_SITE = re.compile(rb'"site":"([^"]*)"')


@frozen
class Definition:
    """Say what one line defines.

    Args:
        number: Of the flow.
        is_call: Whether that is a CALL.
        text: The flow as JSON; empty where that is told by what differs.
        like: Number of the base then, else 0.
        rest: What differs, compressed.
    """

    number: int
    is_call: bool
    text: bytes
    like: int = 0
    rest: bytes = b""


class Texts:
    """Find the bases among the definitions of one producer, to which its lines are shown from the first on."""

    def __init__(self) -> None:
        self._bases: dict[int, tuple[int, bool]] = {}
        self._kept: dict[int, bytes] = {}

    def seen(self, offset: int, line: bytes) -> Definition | None:
        """Return what a line defines; None where it is damaged, torn, or its base is.

        Args:
            offset: Where it begins.
            line: Without its line feed.
        """
        if (found := _ABRIDGED.fullmatch(line, _REST)) and is_whole(line):
            base = self._bases.get(int(found[2]))
            return base and Definition(int(found[1]), base[1], b"", int(found[2]), found[3])
        if (found := _BASE.fullmatch(line, _REST)) and is_whole(line):
            self.add_base(int(found[1]), offset, is_call=found[3] == b"CALL")
            return Definition(int(found[1]), found[3] == b"CALL", found[2])
        plain = defined(line)
        return plain and Definition(plain[0], plain[2], plain[1])

    def add_base(self, number: int, offset: int, *, is_call: bool) -> None:
        """Note where the definition of a base begins."""
        self._bases[number] = offset, is_call

    def text(self, definition: Definition, store: Store) -> bytes:
        """Return the flow of a definition as JSON; empty where its base is damaged."""
        return definition.text or _inflated(definition.rest, self._base(definition.like, store))

    def _base(self, number: int, store: Store) -> bytes:
        text = self._kept.get(number)
        if text is None:
            line = line_at(store, self._bases[number][0]) if number in self._bases else b""
            found = _BASE.fullmatch(line, _REST) if is_whole(line) else None
            text = found[2] if found and int(found[1]) == number else b""
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            if text:
                self._kept[number] = text
        return text


class Abridging:
    """Write the definitions of one producer."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.written = 0
        """How many there are."""
        self._bases: dict[bytes, tuple[int, bytes, Iterator[int]]] = {}

    def line(self, number: int, text: bytes) -> bytes:
        """Return the line that defines a flow.

        Args:
            number: Its number.
            text: The flow as JSON.
        """
        plain = definition_line(number, text)
        if self.written < _FROM:
            return plain
        base = self._bases.get(_likeness(text))
        if base is None or next(base[2], None) is None:
            return sealed(b'"base":%d,"flow":%s}' % (number, text))
        rest = b64encode(_deflated(text, base[1]))
        line = sealed(b'"id":%d,"like":%d,"rest":"%s"}' % (number, base[0], rest))
        return min(plain, line, key=len)

    def wrote(self, number: int, text: bytes, line: bytes, offset: int) -> None:
        """Note that a line was written.

        Args:
            number: Number of the flow.
            text: The flow as JSON.
            line: What `line` returned.
            offset: Where it begins.
        """
        self.written += 1
        if not line.startswith(b'"base":', _REST):
            return
        if len(self._bases) >= _BASES:
            self._bases.clear()
        self._bases[_likeness(text)] = number, text, iter(range(_USES))
        self.texts.add_base(number, offset, is_call=text.startswith(b'{"kind":"CALL"'))


def _likeness(text: bytes) -> bytes:
    """Return what flows have in common that look alike: kind and call site."""
    site = _SITE.search(text)
    return text[:14] + (site[1] if site else b"")


def _deflated(text: bytes, base: bytes) -> bytes:
    packing = compressobj(9, DEFLATED, _WINDOW, _MEMORY, Z_FIXED, base)
    return packing.compress(text) + packing.flush()


def _inflated(rest: bytes, base: bytes) -> bytes:
    if not base:
        return b""
    try:
        return decompressobj(zdict=base, wbits=_WINDOW).decompress(b64decode(rest))
    except (ZlibError, Error):  # another base of the same number
        return b""
