"""The policy context of running work."""

from privacylib.context.behalf import Doers, doers, give_task, give_thread, handed_out, stands_in
from privacylib.context.current import CurrentVars, get_frame, set_frame
from privacylib.context.desk import Desk
from privacylib.context.frames import ANYONE, Entered, Frame, Scope
from privacylib.context.inside import Inside, Within
from privacylib.context.reads import LatestReads, Link, ReadSet
from privacylib.context.sources import EMPTY, WIDEST, SourceSet
from privacylib.context.stage import Stage
from privacylib.context.state import (
    PROCESS,
    UNSEEN,
    frame_here,
    frame_now,
    is_unseen,
    leave,
    new_key,
    reference,
    runner,
    runner_id,
)
from privacylib.context.telling import Telling

__all__ = [
    "ANYONE", "EMPTY", "PROCESS", "UNSEEN", "WIDEST", "CurrentVars", "Desk", "Doers", "Entered", "Frame", "Inside",
    "LatestReads", "Link", "ReadSet", "Scope", "SourceSet", "Stage", "Telling", "Within", "doers", "frame_here",
    "frame_now", "get_frame", "give_task", "give_thread", "handed_out", "is_unseen", "leave", "new_key", "reference",
    "runner", "runner_id", "set_frame", "stands_in",
]  # fmt: skip
