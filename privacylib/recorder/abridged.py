"""Definitions of flows that look alike, told by what differs from one of them.

A service with a great many assets defines a great many flows that have nearly all in common. From some number on, one
of those of the same kind and call site is a base, and the next ones are compressed with its text as the dictionary.
The line of a base is written twice: no damaged byte costs more than one definition. So are the first ones, which are
all of most processes: there a damaged byte costs none.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from zlib import DEFLATED, Z_FIXED, compressobj, decompressobj
from zlib import error as ZlibError  # noqa: N812 - a class

from attrs import frozen

from privacylib.recorder.definitions import defined, definition_line
from privacylib.recorder.lines import is_whole, lines_in, sealed
from privacylib.recorder.store import Store

__all__ = ["Abridging", "Definition", "Texts", "line_at"]

_FROM = 256
"""Definitions that are written in full, for whoever reads them with his eyes."""

_USES = 64
"""Definitions that lean on the same base."""

_BASES = 256
"""Kinds of flows that have a base at a time."""

_KEPT = 64
"""Texts of bases at hand."""

_LINE = 4096
"""Bytes that most definitions have at most."""

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
        self._before: tuple[int, int, bool] | None = None

    def seen(self, offset: int, line: bytes) -> Definition | None:
        """Return what a line defines; None where it is damaged, torn, or its base is.

        Args:
            offset: Where it begins.
            line: Without its line feed.
        """
        if (found := _ABRIDGED.fullmatch(line, _REST)) and is_whole(line):
            base = self._bases.get(int(found[2]))
            return base and Definition(int(found[1]), base[1], b"", int(found[2]), found[3])
        before, self._before = self._before, None
        if (found := _BASE.fullmatch(line, _REST)) and is_whole(line):
            self.add_base(int(found[1]), offset, is_call=found[3] == b"CALL")
            return Definition(int(found[1]), found[3] == b"CALL", found[2])
        plain = defined(line)
        if plain is None:  # the second line of a base perhaps: the first one serves as well
            if before is not None:
                self.add_base(before[0], before[1], is_call=before[2])
            return None
        self._before = plain[0], offset, plain[2]
        return Definition(plain[0], plain[2], plain[1])

    def add_base(self, number: int, offset: int, *, is_call: bool) -> None:
        """Note where the definition of a base begins."""
        self._bases[number] = offset, is_call

    def text(self, definition: Definition, store: Store) -> bytes:
        """Return the flow of a definition as JSON; empty where its base is damaged."""
        return definition.text or _inflated(definition.rest, self._base(definition.like, store))

    def _base(self, number: int, store: Store) -> bytes:
        text = self._kept.get(number)
        if text is None:
            text = _plain_text(line_at(store, self._bases[number][0]), number) if number in self._bases else b""
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

    def lines(self, number: int, text: bytes) -> bytes:
        """Return what defines a flow: a line, or two where others are going to lean on it, and of the first ones.

        Args:
            number: Its number.
            text: The flow as JSON.
        """
        plain = definition_line(number, text)
        if self.written < _FROM:
            return plain + plain
        base = self._bases.get(_likeness(text))
        if base is None or next(base[2], None) is None:
            return plain + sealed(b'"base":%d,"flow":%s}' % (number, text))
        rest = b64encode(_deflated(text, base[1]))
        line = sealed(b'"id":%d,"like":%d,"rest":"%s"}' % (number, base[0], rest))
        return min(plain, line, key=len)

    def wrote(self, number: int, text: bytes, lines: bytes, offset: int) -> None:
        """Note that lines were written.

        Args:
            number: Number of the flow.
            text: The flow as JSON.
            lines: What `lines` returned.
            offset: Where they begin.
        """
        self.written += 1
        if not lines.startswith(b'"base":', lines.find(b"\n") + 1 + _REST):
            return
        if len(self._bases) >= _BASES:
            self._bases.clear()
        self._bases[_likeness(text)] = number, text, iter(range(_USES))
        self.texts.add_base(number, offset, is_call=text.startswith(b'{"kind":"CALL"'))


def line_at(store: Store, offset: int) -> bytes:
    """Return the line that begins at an offset, without its line feed."""
    size = _LINE
    while True:
        part = store.lines(offset, size)
        line, end, _ = part.partition(b"\n")
        if end or len(part) < size:
            return next(lines_in(line), b"")
        size *= 4


def _plain_text(line: bytes, number: int) -> bytes:
    """Return the text of a line that defines a flow in full, whichever of the two of a base it is."""
    found = _BASE.fullmatch(line, _REST)
    if found and is_whole(line):
        return found[2] if int(found[1]) == number else b""
    plain = defined(line)
    return plain[1] if plain and plain[0] == number else b""


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
