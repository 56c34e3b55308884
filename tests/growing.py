"""How work grows with what it is given: a ratio of one run, where a limit in seconds would measure the machine."""

import time
from collections.abc import Callable

__all__ = ["BOUNDED", "LINEAR", "SQUARE", "growth"]

ROUNDS = 7
ENOUGH = 1.0
"""Seconds of CPU after which three rounds do: what disturbs the clock is little of so long a work."""

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
    rounds: list[tuple[float, float]] = []
    while len(rounds) < 3 or (len(rounds) < ROUNDS and sum(map(sum, rounds)) < ENOUGH):
        rounds.append((_seconds(work, 8 * size), _seconds(work, size)))
    most, least = map(min, zip(*rounds, strict=True))
    return most / least


def _seconds(work: Callable[[int], object], size: int) -> float:
    """Return the CPU seconds of one round; the least of several counts, as what else runs can only add to it."""
    began = time.process_time()
    work(size)
    return time.process_time() - began
