"""The policy context of running work."""

from privacylib.context.inside import Inside, Within
from privacylib.context.sources import EMPTY, WIDEST, LatestReads, Link, ReadSet, SourceSet
from privacylib.context.stage import Stage
from privacylib.context.state import (
    PROCESS,
    UNSEEN,
    CurrentVars,
    Frame,
    Scope,
    frame_here,
    frame_now,
    get_frame,
    is_unseen,
    leave,
    new_key,
    reference,
    runner,
    set_frame,
)

__all__ = [
    "EMPTY", "PROCESS", "UNSEEN", "WIDEST", "CurrentVars", "Frame", "Inside", "LatestReads", "Link", "ReadSet", "Scope",
    "SourceSet", "Stage", "Within", "frame_here", "frame_now", "get_frame", "is_unseen", "leave", "new_key",
    "reference", "runner", "set_frame",
]  # fmt: skip
