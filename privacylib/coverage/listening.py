"""Who is told of the interpreter's audit events (PEP 578)."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["listen"]


def listen(told: Callable[[str, tuple[Any, ...]], object], events: Iterable[str]) -> None:
    """Let somebody be told of events from now on; it cannot be taken back.

    Args:
        told: Takes the name of an event and what it says; raises to prevent it. Called without tracing and profiling.
        events: Names of those that matter. Of others `told` may hear, or not: the compiled form passes them over
            without a call of Python, and some libraries cause several in each of their calls.
    """
    del events
    sys.addaudithook(told)
