"""What is asked about a source before its name is given up; who knows annotations answers."""

from collections.abc import Callable
from typing import ClassVar

from privacylib.model import Source

__all__ = ["Telling"]


def _nobody_knows(source: Source) -> bool:
    del source
    return False


class Telling:
    """Who answers."""

    is_told: ClassVar[Callable[[Source], bool]] = _nobody_knows
    """Return whether anybody has told of a source: without labels, that it has none."""
