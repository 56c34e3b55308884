"""What is left of folded segments: a note of lines of JSON, which names files with the tallies of flows.

A damaged line is mended by the parity of the note, and a damaged row of those files is read from their twins. The note
is replaced as a whole; a file that it does not name is a leftover of a kill.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from attrs import define, field

from privacylib.recorder.counts.counting import Tallies, Tally
from privacylib.recorder.counts.rows import ROWS, TWINS, Row, merged, opened_rows, sorted_rows, tally_of
from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.lines import lines_in, sealed_line, unsealed
from privacylib.recorder.parity import Read, covering, mended
from privacylib.recorder.storing.store import PART, Store

__all__ = ["COUNTS", "Counts", "add_rows", "folded_below", "keep_counts", "kept_counts", "kept_rows"]

COUNTS = "counts.jsonl"
"""Name of the note."""

_PARITY = "counts.parity"
"""Name of the note that a damaged line is mended with."""

_FIRST_LINE, _LONG_LINE = 256, 4096
_ATTEMPTS = 20
_ALIKE = 8
"""Files of about the same size that become one, and how many times larger the next size is."""

_SMALL = 1 << 16
"""Bytes of a file up to which it becomes one with the next: copying it costs less than to look at a segment."""

_COLUMNS = ("count", "failed", "first", "last")
_MARKS = ("outlived", "orphaned")
"""Left out where they are 0."""


@define
class Counts:
    """Hold what is left of a producer's folded segments.

    Args:
        below: Segments of a lower number are counted here; where they still exist they are leftovers.
        tallies: What they said.
        absorbed: Other producers that are counted here; where their directories still exist they are leftovers.
        refused: Refusals of those, by cause.
        errors: Errors that they swallowed, by where and type.
        gaps: I/O of theirs that no operation explains, by event and call site.
        unpaired: Calls and answers that can no longer be joined, because there are too many of different processes.
        rows: Names of the files with its flows' tallies, which `tallies` has only where they were added.
        twins: Names of their twins; those of an earlier version have none.
        damaged: Where they are no rows.
    """

    below: int = 0
    tallies: Tallies = field(factory=Tallies)
    absorbed: list[str] = field(factory=list[str])
    refused: dict[str, int] = field(factory=dict[str, int])
    errors: dict[str, int] = field(factory=dict[str, int])
    gaps: dict[str, int] = field(factory=dict[str, int])
    unpaired: int = 0
    rows: list[str] = field(factory=list[str])
    twins: list[str] = field(factory=list[str])
    damaged: list[int] = field(factory=list[int])


def keep_counts(store: Store, counts: Counts, room: int) -> None:
    """Keep counts in place of those that they began as; their flows are added to those that are kept already.

    Args:
        store: The producer's, whose counts nobody else writes now.
        counts: What they say. Their flows are let go of.
        room: Bytes that the merging of files may take on the way.

    Raises:
        OSError: Nothing was kept.
    """
    rows, twins = list(counts.rows), list(counts.twins)
    if counts.tallies.flows:
        _keep_rows(store, _pieces(sorted_rows(counts.tallies.flows)), rows, twins)
    while alike := _alike(store, rows, room):
        damaged: list[int] = []
        theirs = {_twin(name) for name in alike}.intersection(twins)
        files = opened_rows(store, [*alike, *theirs], damaged)
        if files is None:
            break
        _keep_rows(store, merged(files), rows, twins)
        counts.tallies.corrupt += len(damaged)
        rows = [name for name in rows if name not in alike]
        twins = [name for name in twins if name not in theirs]
    counts.rows, counts.twins = rows, twins
    # Without it all counts would be lost, and a kill, or a full disk, may leave lines without their parity.
    ends = [sealed_line({"folded": counts.below, "rows": rows, "twins": twins})]
    _keep_lines(store, chain(ends, map(sealed_line, _members(counts)), ends))
    counts.tallies.flows.clear()
    for name in {*store.notes(ROWS), *store.notes(TWINS)}.difference(rows, twins):
        store.forget(name)


def _keep_rows(store: Store, pieces: Iterable[bytes], rows: list[str], twins: list[str]) -> None:
    """Keep rows as a file of a fresh name with its twin, and add both names."""
    rows.append(_fresh_name(store, rows))
    twins.append(_twin(rows[-1]))
    store.keep(rows[-1], pieces, lasting=True)
    store.keep(twins[-1], store.parts(rows[-1]), lasting=True)


def _keep_lines(store: Store, lines: Iterable[bytes]) -> None:
    parity = dict[int, bytes]()
    with suppress(IsADirectoryError):  # which mends nothing
        store.forget(_PARITY)  # that of the lines before would mend these to what those were
    store.keep(COUNTS, covering(_pieces(lines), parity), lasting=True)
    try:
        store.keep(_PARITY, b"".join(parity.values()), lasting=True)
    except OSError as error:  # the lines are there: the next ones have parity again
        if of_the_host(error):
            raise


def _twin(name: str) -> str:
    return name.replace(ROWS, TWINS)


def kept_counts(store: Store, *, flows: bool = True) -> Counts:
    """Return the counts of a producer; empty where nothing was folded yet.

    Args:
        store: The producer's.
        flows: Whether to return its flows' tallies too, of which there may be a great many.
    """
    if flows:
        counts, rows = kept_rows(store)
        add_rows(counts, rows)
        return counts
    counts, damaged = _told(store.parts(COUNTS))
    if damaged:
        whole, parity = b"".join(store.parts(COUNTS)), store.kept(_PARITY)
        counts, damaged = _told([mended(0, whole, _reading(whole), _reading(parity))])
    counts.tallies.corrupt += damaged
    return counts


def kept_rows(store: Store) -> tuple[Counts, list[Iterator[Row]]]:
    """Return the counts of a producer without its flows' tallies, and those, to be read one by one.

    They are what they are now, whoever merges them or adds to them meanwhile. What is damaged is found and counted as
    they are read.
    """
    counts = Counts()
    for _ in range(_ATTEMPTS):
        counts = kept_counts(store, flows=False)
        rows = opened_rows(store, [*counts.rows, *counts.twins], counts.damaged)
        if rows is not None:
            return counts, rows
    counts.tallies.corrupt += 1  # somebody removed a file; the others are worth having
    each = (opened_rows(store, [name, *({_twin(name)} & {*counts.twins})], counts.damaged) for name in counts.rows)
    return counts, [rows[0] for rows in each if rows]


def add_rows(counts: Counts, rows: Iterable[Iterator[Row]]) -> None:
    """Add the tallies of rows to those of counts."""
    flows = counts.tallies.flows
    for flow, row in chain.from_iterable(rows):
        tally = flows.get(flow)
        if tally is None:
            flows[flow] = tally_of(row)
        else:
            tally.add(tally_of(row))
    counts.tallies.corrupt += len(counts.damaged)
    counts.damaged.clear()


def _level(size: int) -> int:
    """Return 0 for a small file, 1 for one that is up to `_ALIKE` times as large, and so on."""
    bits = _ALIKE.bit_length() - 1
    return ((size // _SMALL).bit_length() + bits - 1) // bits


def _told(parts: Iterable[bytes]) -> tuple[Counts, int]:
    """Return what lines say, and how many are damaged."""
    counts, damaged = Counts(), 0
    for line in _lines(parts):
        if (members := unsealed(line)) is not None:
            _take(counts, members)
        else:
            damaged += 1
    return counts, damaged


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        whole, _, rest = (rest + part).rpartition(b"\n")
        yield from lines_in(whole)
    yield from lines_in(rest)


def _reading(data: bytes) -> Read:
    return lambda offset, size: data[offset : offset + size]


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield some at once."""
    some, size = list[bytes](), 0
    for line in lines:
        some.append(line)
        size += len(line)
        if size >= PART:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)


def _fresh_name(store: Store, named: Iterable[str]) -> str:
    taken = (*store.notes(ROWS), *store.notes(TWINS), *named)
    last = max((int(name.rpartition(".")[2]) for name in taken), default=-1)
    return f"{ROWS}{last + 1:06d}"


def _alike(store: Store, names: Iterable[str], room: int) -> list[str]:
    """Return some files that are to become one, if there is the room for it."""
    found: dict[int, list[str]] = {}
    sizes = {name: store.length(name) for name in names}
    for name, size in sizes.items():
        found.setdefault(_level(size), []).append(name)
    for level, some in sorted(found.items()):
        small = level == 0 and len(some) > 1
        if small or (len(some) >= _ALIKE and sum(sizes[name] for name in some) <= room):
            return some
    return []


def folded_below(store: Store) -> int:
    """Return the number below which segments are counted, without reading all counts."""
    first, whole, _ = store.kept(COUNTS, _FIRST_LINE).partition(b"\n")
    if not first:
        return 0
    if not whole:
        first, whole, _ = store.kept(COUNTS, _LONG_LINE).partition(b"\n")
    members = unsealed(first) if whole else None
    return kept_counts(store, flows=False).below if members is None else int(members.get("folded", 0))


def _members(counts: Counts) -> Iterator[dict[str, Any]]:
    for producer in counts.absorbed:
        yield {"absorbed": producer}
    tallies = counts.tallies
    for cause, number in counts.refused.items():
        yield {"refused": cause, "count": number}
    for name, number in counts.errors.items():
        yield {"swallowed": name, "count": number}
    for name, number in counts.gaps.items():
        yield {"gap": name, "count": number}
    if tallies.corrupt:
        yield {"corrupt": tallies.corrupt}
    if counts.unpaired:
        yield {"unpaired": counts.unpaired}
    for block, flow in tallies.blocks.items():
        yield {"block": block, "of": flow}
    for span, flow in tallies.calls.items():
        yield {"call": span, "of": flow}
    for (block, flow), tally in tallies.groups.items():
        yield {"answered": block, "by": flow, **_tally_members(tally)}


def _tally_members(tally: Tally) -> dict[str, Any]:
    numbers = {name: getattr(tally, name) for name in _COLUMNS}
    numbers |= {name: number for name in _MARKS if (number := getattr(tally, name))}
    return {**numbers, "keys": sorted(key.hex() for key in tally.keys)}


def _take(counts: Counts, members: dict[str, Any]) -> None:
    tallies = counts.tallies
    match members:
        case {"folded": below}:
            counts.below = below
            counts.rows, counts.twins = (list(members.get(name, ())) for name in ("rows", "twins"))
        case {"absorbed": producer}:
            counts.absorbed.append(producer)
        case {"refused": _} | {"swallowed": _} | {"gap": _}:
            _take_of_absorbed(counts, members)
        case {"corrupt": number}:
            tallies.corrupt += number
        case {"unpaired": number}:
            counts.unpaired = number
        case _:
            _take_tally(tallies, members)


def _take_tally(tallies: Tallies, members: dict[str, Any]) -> None:
    match members:
        case {"flow": flow}:
            tallies.flows[flow] = _tally(members)
        case {"block": block, "of": flow}:
            tallies.blocks[block] = flow
        case {"call": span, "of": flow}:
            tallies.calls[span] = flow
        case {"answered": block, "by": flow}:
            tallies.groups[block, flow] = _tally(members)
        case _:  # of a later format
            pass


def _take_of_absorbed(counts: Counts, members: dict[str, Any]) -> None:
    if "refused" in members:
        counts.refused[members["refused"]] = members["count"]
    elif "swallowed" in members:
        counts.errors[members["swallowed"]] = members["count"]
    else:
        counts.gaps[members["gap"]] = members["count"]


def _tally(members: dict[str, Any]) -> Tally:
    count, failed, first, last = (int(members[name]) for name in _COLUMNS)
    tally = Tally(count, failed, first, last)
    tally.outlived, tally.orphaned = (int(members.get(name, 0)) for name in _MARKS)
    for key in members["keys"]:
        tally.take(bytes.fromhex(key))
    return tally
