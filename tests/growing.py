"""How work grows with what it is given: a ratio of one run, where a limit in seconds would measure the machine."""

import time
from collections.abc import Callable

__all__ = ["BOUNDED", "LINEAR", "SQUARE", "growth"]

ROUNDS = 7

LINEAR = 24
"""Most that eight times as much may take where each part is looked at a bounded number of times."""

SQUARE = 160
"""Most where each part is looked at with each other one (64 times as much); more than two nested looks give 512."""

BOUNDED = 4
"""Most that eight times as much may take where only the beginning of it is looked at."""


def growth(work: Callable[[int], object], size: int) -> float:
    """Return how many times longer work takes on eight times as much.

    Args:
        work: Does it on so much.
        size: What is large enough to be told from the noise of a clock.
    """
    return _least(work, 8 * size) / _least(work, size)


def _least(work: Callable[[int], object], size: int) -> float:
    """Return the CPU seconds of the least of several rounds: what else runs can only add to it."""
    found: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work(size)
        found.append(time.process_time() - began)
    return min(found)
