"""What is left of folded segments: counts, as lines of JSON that each have a checksum.

One damaged line costs what it says and nothing else.
"""

from collections.abc import Iterator
from typing import Any

from attrs import define, field

from privacylib.recorder.counting import Tallies, Tally
from privacylib.recorder.definitions import lines_in, sealed_line, unsealed
from privacylib.recorder.store import Store

__all__ = ["COUNTS", "Counts", "counts_lines", "folded_below", "kept_counts"]

COUNTS = "counts.jsonl"
"""Name of the note."""

_FIRST_LINE = 64
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
        unpaired: Calls and answers that can no longer be joined, because there are too many of different processes.
    """

    below: int = 0
    tallies: Tallies = field(factory=Tallies)
    absorbed: list[str] = field(factory=list[str])
    refused: dict[str, int] = field(factory=dict[str, int])
    errors: dict[str, int] = field(factory=dict[str, int])
    unpaired: int = 0


def counts_lines(counts: Counts) -> bytes:
    """Return the lines; what decides whether something is counted twice stands in the first and in the last."""
    head = {"folded": counts.below}
    return b"".join(map(sealed_line, (head, *_members(counts), head)))


def kept_counts(store: Store) -> Counts:
    """Return the counts of a producer; empty where nothing was folded yet."""
    counts = Counts()
    for line in lines_in(store.kept(COUNTS)):
        members = unsealed(line)
        if members is None:
            counts.tallies.corrupt += 1
        else:
            _take(counts, members)
    return counts


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
    if tallies.corrupt:
        yield {"corrupt": tallies.corrupt}
    if counts.unpaired:
        yield {"unpaired": counts.unpaired}
    for flow, tally in tallies.flows.items():
        yield {"flow": flow, **_tally_members(tally)}
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
        case {"refused": _} | {"swallowed": _}:
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
    else:
        counts.errors[members["swallowed"]] = members["count"]


def _tally(members: dict[str, Any]) -> Tally:
    count, failed, first, last = (int(members[name]) for name in _COLUMNS)
    tally = Tally(count, failed, first, last)
    tally.outlived, tally.orphaned = (int(members.get(name, 0)) for name in _MARKS)
    for key in members["keys"]:
        tally.take(bytes.fromhex(key))
    return tally
