"""Tell of reclassifications that are void: one line in the log for each, at most once a minute."""

import logging
from time import monotonic
from typing import TYPE_CHECKING

from privacylib.runtime.faults import INTERVAL

if TYPE_CHECKING:
    from privacylib.config import Snapshot
    from privacylib.model.policy import Reclassification

__all__ = ["tell_void"]

_log = logging.getLogger("privacylib")
_next_line: dict[tuple["Snapshot", str, str, str], float] = {}
"""When the next line may be logged about one that is void, under a configuration."""
_TOLD = 1000


def tell_void(snapshot: "Snapshot", declared: "Reclassification", why: str) -> None:
    """Log why one is void."""
    void, now = (snapshot, declared.transform, declared.sink, why), monotonic()
    if now >= _next_line.get(void, 0.0):
        if len(_next_line) >= _TOLD or snapshot is not next(iter(_next_line), void)[0]:
            _next_line.clear()
        _next_line[void] = now + INTERVAL
        _log.warning("reclassification by %s to %s is void: %s", *void[1:])
