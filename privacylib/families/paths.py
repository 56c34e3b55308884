"""What everything that takes paths has in common."""

import os
from typing import Any, cast

__all__ = ["resolved"]


def resolved(given: Any) -> Any:
    """Resolve a path object once, so that what is decided is what is opened; anything else stays as it is."""
    return os.fspath(cast("os.PathLike[str]", given)) if isinstance(given, os.PathLike) else given
