"""The policy context of running work."""

from privacylib.context.inside import Inside, Within
from privacylib.context.sources import EMPTY, WIDEST, LatestReads, Link, ReadSet, SourceSet
from privacylib.context.stage import Stage
from privacylib.context.state import (
    ANYONE,
    PROCESS,
    UNSEEN,
    CurrentVars,
    Entered,
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
    runner_id,
    set_frame,
)

__all__ = [
    "ANYONE", "EMPTY", "PROCESS", "UNSEEN", "WIDEST", "CurrentVars", "Entered", "Frame", "Inside", "LatestReads",
    "Link", "ReadSet", "Scope", "SourceSet", "Stage", "Within", "frame_here", "frame_now", "get_frame", "is_unseen",
    "leave", "new_key", "reference", "runner", "runner_id", "set_frame",
]  # fmt: skip
