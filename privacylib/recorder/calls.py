"""Span ids of calls, out of blocks that tell their flows."""

import os
from collections.abc import Iterator
from itertools import count

from privacylib.recorder.counts.counting import BLOCK_BITS

__all__ = ["CallSpans"]

_CALLED = 1 << 14
"""Flows of calls with a block of spans at hand, 250 bytes each; one that comes back takes a fresh block."""

_NONE: Iterator[int] = iter(())


class CallSpans:
    """Hand out span ids by which the flow of a call is known when records are folded."""

    def __init__(self) -> None:
        self._blocks = count(_first_block(), 1 << BLOCK_BITS)
        self._calls: dict[int, Iterator[int]] = {}

    def next(self, flow: int) -> int:
        """Return a fresh span id for a call, out of a block of its flow."""
        span = next(self._calls.get(flow, _NONE), 0)
        if not span:
            if len(self._calls) >= _CALLED:
                self._calls.clear()
            start = next(self._blocks)
            block = self._calls[flow] = iter(range(start, start + (1 << BLOCK_BITS)))
            span = next(block)
        return span


def _first_block() -> int:
    """Return where the spans of calls begin, somewhere, so that no two processes meet."""
    return (1 + (int.from_bytes(os.urandom(8), "big") >> (2 + BLOCK_BITS))) << BLOCK_BITS
