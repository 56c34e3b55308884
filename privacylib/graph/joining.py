"""Find the calls that answers of other processes belong to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from privacylib.recorder import BLOCK_BITS, Producer, Tallies, Tally

__all__ = ["Origin", "joints"]

Origin = tuple[Producer, int]
"""A producer and the number of one of its flows"""

Joints = defaultdict[tuple[Origin, Origin], Tally]


def joints(counted: Sequence[tuple[Producer, Tallies]]) -> Iterator[tuple[Origin, Origin, Tally]]:
    """Yield flow of the call, flow of the answer, and how many calls and answers are joined.

    Args:
        counted: Producers with their tallies.
    """
    calls: dict[int, Origin] = {}
    blocks: dict[int, Origin] = {}
    for producer, counts in counted:
        calls.update((span, (producer, flow)) for span, flow in counts.calls.items())
        blocks.update((block, (producer, flow)) for block, flow in counts.blocks.items())
    found: Joints = defaultdict(Tally)
    for producer, counts in counted:
        for parent, flow, start, key in counts.answers:
            call = calls.get(parent) or blocks.get(parent >> BLOCK_BITS)
            if call:
                found[call, (producer, flow)].note(start, key)
    _join_groups(found, counted, calls, blocks)
    for (call, answer), tally in found.items():
        yield call, answer, tally


def _join_groups(
    found: Joints,
    counted: Sequence[tuple[Producer, Tallies]],
    calls: Mapping[int, Origin],
    blocks: Mapping[int, Origin],
) -> None:
    """Join answers of which only the block of their calls is known.

    Calls of one block are of one flow, but where a call that stayed open took in more before it ended. How
    many answers belong to each is then told by the number of calls.
    """
    if not any(counts.groups for _, counts in counted):
        return
    others: defaultdict[int, Counter[Origin]] = defaultdict(Counter)
    for span, call in calls.items():
        others[span >> BLOCK_BITS][call] += 1
    for producer, counts in counted:
        for (block, flow), tally in counts.groups.items():
            for call, part in _shared(tally, others.get(block, Counter()), blocks.get(block)):
                found[call, (producer, flow)].add(part)


def _shared(tally: Tally, others: Counter[Origin], main: Origin | None) -> Iterator[tuple[Origin, Tally]]:
    """Share a tally among the flows of a block's calls; `main` is that of the uncounted ones."""
    left = tally.count
    for call, number in others.items():
        if call != main and left:
            yield call, tally.share(min(number, left))
            left -= min(number, left)
    if main and left:
        yield main, tally.share(left)
