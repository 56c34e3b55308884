"""A reader of spools written from ``docs/reference/spool-format.md`` alone: nothing of the recorder is imported."""

import json
import struct
import zlib
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Operation", "Spool", "read_spool"]

Operation = dict[str, Any]
Flow = dict[str, Any]

_SLOT, _OPERATION, _LINKS, _FOREIGN, _EXTRA, _REFUSED = 64, 1, 2, 3, 4, 5
_FAILED, _PAIRED, _AUXILIARY = 1, 4, 128
_CAUSES = ("undefined-flow", "spool-full", "ENOSPC", "EDQUOT", "EIO", "EROFS", "other")


class Spool:
    """What one producer left.

    Args:
        path: Its directory.
    """

    def __init__(self, path: Path) -> None:
        self.id = path.name
        self.damaged = 0
        self.whole = b""
        self._path = path
        self.meta: dict[str, Any] = next(self._lines("meta.json"), dict[str, Any]())
        self.flows: dict[int, Flow] = dict(self._flows())
        self.counts = list(self._lines("counts.jsonl"))
        self.folded = max((line["folded"] for line in self.counts if "folded" in line), default=0)
        named = [line["rows"] for line in self.counts if line.get("folded") == self.folded and "rows" in line]
        twins = [line["twins"] for line in self.counts if line.get("folded") == self.folded and "twins" in line]
        self.twinned = {name.replace("twin.", "rows.") for name in (twins[0] if twins else ())}
        self.rows = [row for name in (named[0] if named else ()) for row in self._rows(name)]
        self.absorbed = {line["absorbed"] for line in self.counts if "absorbed" in line}
        self.operations = list(self._operations())

    @property
    def totals(self) -> dict[int, tuple[int, int, int, int]]:
        """Return count, failed, first and last per flow, of what was folded and of what is there."""
        found: dict[int, tuple[int, int, int, int]] = {}
        for flow, *numbers in self.rows:
            count, failures, first, last = found.get(flow, (0, 0, numbers[2], numbers[3]))
            found[flow] = count + numbers[0], failures + numbers[1], min(first, numbers[2]), max(last, numbers[3])
        for each in self.operations:
            start, failed = each["start"], each["flags"] & _FAILED
            count, failures, first, last = found.get(each["flow"], (0, 0, start, start))
            found[each["flow"]] = count + 1, failures + failed, min(first, start), max(last, start)
        return found

    @property
    def refused(self) -> dict[str, int]:
        """Return the refused calls by cause: as told when it closed, else from its slots."""
        told = Counter[str]({line["refused"]: line["count"] for line in self.counts if "refused" in line})
        told.update(self.meta.get("refused", {}) if self.meta.get("closed") else self._board())
        return {cause: number for cause, number in told.items() if number}

    def _board(self) -> dict[str, int]:
        board = self._bytes("refused.slots")
        slots = [slot for slot in _slots(board) if _is_whole(slot) and slot[4] == _REFUSED]
        numbers = max((struct.unpack_from("<7Q", slot, 8) for slot in slots), default=(0,) * 7)
        return dict(zip(_CAUSES, numbers, strict=True))

    def _bytes(self, name: str) -> bytes:
        path = self._path / name
        return path.read_bytes() if path.exists() else b""

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        data = _mended(self._bytes(name), self._bytes(name.replace(".jsonl", ".parity")))
        *lines, _ = data.split(b"\n")  # a last one without line feed is passed over
        for line in filter(None, lines):
            if _is_line(line):
                self.whole = line
                yield json.loads(line)
            else:
                self.damaged += 1

    def _flows(self) -> Iterator[tuple[int, Flow]]:
        texts: dict[int, bytes] = {}
        for line in self._lines("flows.jsonl"):
            if "rest" in line:
                inflating = zlib.decompressobj(-15, texts[line["like"]])
                yield line["id"], json.loads(inflating.decompress(b64decode(line["rest"])))
                continue
            number = line["id"] if "id" in line else line["base"]
            texts[number] = self.whole[self.whole.index(b'"flow":') + 7 : -1]
            yield number, line["flow"]

    def _rows(self, name: str) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield flow, count, failed, first and last."""
        twin = name.replace("rows.", "twin.") if name in self.twinned else name
        both, at = [self._bytes(name), self._bytes(twin)], 0
        while at < max(map(len, both)):
            data = next((each for each in both if _is_row(each, at)), b"")
            if not data:
                at += 4
                self.damaged += 1
                continue
            size = data[at + 4] * 4
            keys, has, flow, first = struct.unpack_from("<BBxIQ", data, at + 5)
            count, last = struct.unpack_from("<2Q", data, at + 20 + 16 * keys) if has & 1 else (1, first)
            failed = struct.unpack_from("<3Q", data, at + size - 24)[0] if has & 2 else 0
            yield flow, count, failed, first, last
            at += size

    def _operations(self) -> Iterator[Operation]:
        extras: dict[int, list[bytes]] = {}
        for segment in sorted(self._path.glob("*.seg"), key=lambda path: int(path.stem)):
            if int(segment.stem) < self.folded:
                continue
            for number, slot in enumerate(_slots(segment.read_bytes())):
                if number == 0 or not any(slot):
                    continue
                if not _is_whole(slot):
                    self.damaged += 1
                elif slot[4] == _OPERATION:
                    owner = struct.unpack_from("<Q", slot, 24)[0]
                    more = extras.pop(owner, []) if slot[5] & _AUXILIARY else []
                    yield _operation(slot, more, int(segment.stem) << 32 | number)
                elif slot[4] in (_LINKS, _FOREIGN, _EXTRA):
                    extras.setdefault(struct.unpack_from("<Q", slot, 8)[0], []).append(slot)


def read_spool(path: Path) -> list[Spool]:
    """Return the producers of a spool, in the order of their names; leftovers of a kill are passed over."""
    directories = sorted(each for each in path.iterdir() if each.is_dir())
    found = [Spool(each) for each in directories if _is_producer(each)]
    absorbed = {name for each in found for name in each.absorbed}
    return [each for each in found if each.id not in absorbed]


def _operation(slot: bytes, more: list[bytes], sequence: int) -> Operation:
    _, flags, links, flow, start, duration, span, parent, key, first = struct.unpack_from("<BBHIQIQQ16sQ", slot, 4)
    linked = [(key.hex(), first)] if first else []
    messages, trace = 1, key
    for each in more:
        if each[4] == _LINKS:
            (count,) = struct.unpack_from("<H", each, 6)
            linked += [(key.hex(), link) for link in struct.unpack_from("<6Q", each, 16)[:count]]
        elif each[4] == _FOREIGN:
            other, theirs = struct.unpack_from("<Q16s", each, 16)
            linked.append((theirs.hex(), other))
        else:
            messages, trace = struct.unpack_from("<Q16s", each, 16)
            trace = trace if any(trace) else key
    return {
        "sequence": sequence, "flow": flow, "start": start, "duration": duration, "span": span, "parent": parent,
        "key": key.hex(), "flags": flags & ~_AUXILIARY, "links": linked, "linked": links, "messages": messages,
        "trace": trace.hex(),
    }  # fmt: skip


def _is_line(line: bytes) -> bool:
    return line[:8] == b'{"crc":"' and line[8:16] == b"%08x" % zlib.crc32(line[18:])


def _mended(data: bytes, parity: bytes) -> bytes:
    for number in range(len(parity) // 4096):
        first, record = number * 16 * 4088, parity[number * 4096 :][:4096]
        end = first + int.from_bytes(record[:4], "little")
        flipped = int.from_bytes(record[8:], "little")
        rows = range(first, end, 4088)
        for row in rows:
            flipped ^= int.from_bytes(data[row : min(row + 4088, end)], "little")
        for row in rows if flipped else ():
            part = data[row : min(row + 4088, end)]
            other = (int.from_bytes(part, "little") ^ flipped).to_bytes(4088, "little")[: len(part)]
            tried = data[:row] + other + data[row + len(part) :]
            if sum(map(_is_line, tried.split(b"\n"))) > sum(map(_is_line, data.split(b"\n"))):
                data = tried
                break
    return data


def _slots(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data) // _SLOT * _SLOT, _SLOT):
        yield data[start : start + _SLOT]


def _is_whole(slot: bytes) -> bool:
    return struct.unpack_from("<I", slot)[0] == zlib.crc32(slot[4:])


def _is_producer(path: Path) -> bool:
    return any((path / name).exists() for name in ("meta.json", "flows.jsonl")) or any(path.glob("*.seg"))


def _is_row(data: bytes, at: int) -> bool:
    size = data[at + 4] * 4 if at + 4 < len(data) else 0
    return size > 0 and struct.unpack_from("<I", data, at)[0] == zlib.crc32(data[at + 4 : at + size])
