"""What is left of folded segments: counts, as lines of JSON that each have a checksum.

One damaged line costs what it says and nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from attrs import define, field

from privacylib.recorder.counting import Tallies, Tally
from privacylib.recorder.definitions import is_whole, lines_in, sealed_line, unsealed
from privacylib.recorder.store import PART, Store

__all__ = ["COUNTS", "Counts", "counts_lines", "folded_below", "kept_counts", "kept_lines"]

COUNTS = "counts.jsonl"
"""Name of the note."""

_FIRST_LINE = 64

_OF_FLOW = re.compile(rb'\{"crc":"[0-9a-f]{8}","flow":(\d+),')
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
    """

    below: int = 0
    tallies: Tallies = field(factory=Tallies)
    absorbed: list[str] = field(factory=list[str])
    refused: dict[str, int] = field(factory=dict[str, int])
    errors: dict[str, int] = field(factory=dict[str, int])
    gaps: dict[str, int] = field(factory=dict[str, int])
    unpaired: int = 0


def counts_lines(counts: Counts, before: Iterable[bytes] = ()) -> Iterator[bytes]:
    """Yield the lines, some at once; the first and the last decide whether something is counted twice.

    Args:
        counts: What they say.
        before: Lines of earlier counts, whose flows are counted as well: each is read when it is its turn.
    """
    head, parts, size = sealed_line({"folded": counts.below}), list[bytes](), 0
    flows = dict(counts.tallies.flows)
    for line in chain([head], map(sealed_line, _members(counts)), _flow_lines(flows, before), [head]):
        parts.append(line)
        size += len(line)
        if size >= PART:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join(parts)


def kept_counts(store: Store, *, flows: bool = True) -> Counts:
    """Return the counts of a producer; empty where nothing was folded yet.

    Args:
        store: The producer's.
        flows: Whether to return its flows' tallies too, of which there may be a great many.
    """
    counts = Counts()
    for line in kept_lines(store):
        if not flows and _OF_FLOW.match(line):
            counts.tallies.corrupt += not is_whole(line)
        elif (members := unsealed(line)) is not None:
            _take(counts, members)
        else:
            counts.tallies.corrupt += 1
    return counts


def kept_lines(store: Store) -> Iterator[bytes]:
    """Yield the lines of a producer's counts, without line feeds."""
    rest = b""
    for part in store.parts(COUNTS):
        whole, _, rest = (rest + part).rpartition(b"\n")
        yield from lines_in(whole)
    yield from lines_in(rest)


def _flow_lines(flows: dict[int, Tally], before: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of flows, added to those before; what is damaged there is left out."""
    for line in before:
        found = _OF_FLOW.match(line)
        if found is None or not is_whole(line):
            continue
        tally = flows.pop(int(found[1]), None)
        if tally is None:
            yield line + b"\n"
        elif (members := unsealed(line)) is not None:
            tally.add(_tally(members))
            yield sealed_line({"flow": int(found[1]), **_tally_members(tally)})
    for flow, tally in flows.items():
        yield sealed_line({"flow": flow, **_tally_members(tally)})


def folded_below(store: Store) -> int:
    """Return the number below which segments are counted, without reading all counts."""
    first, whole, _ = store.kept(COUNTS, _FIRST_LINE).partition(b"\n")
    if not first:
        return 0
    members = unsealed(first) if whole else None
    return kept_counts(store).below if members is None else int(members.get("folded", 0))


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
            counts.below = max(counts.below, below)
        case {"absorbed": producer}:
            counts.absorbed.append(producer)
        case {"refused": _} | {"swallowed": _} | {"gap": _}:
            _take_of_absorbed(counts, members)
        case {"corrupt": number}:
            tallies.corrupt += number
        case {"unpaired": number}:
            counts.unpaired = number
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
