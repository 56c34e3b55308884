"""The context variable that holds the frame of the running work."""

from contextvars import ContextVar
from typing import Any, cast

from contextvars_extras import ContextVarsRegistry  # pyright: ignore[reportMissingTypeStubs] - it has none

from privacylib.context.frames import Frame

__all__ = ["CurrentVars", "get_frame", "set_frame"]


class CurrentVars(ContextVarsRegistry):
    """The one context variable of privacylib."""

    frame: Frame | None = None


variable = cast("ContextVar[Frame | None]", cast("Any", CurrentVars.frame).context_var)
get_frame = variable.get
set_frame = variable.set
