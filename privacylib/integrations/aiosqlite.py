"""aiosqlite: what its threads do with sqlite3, which is seen there, they do for the task that asked for it."""

from typing import Any

from privacylib.context import get_frame
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.table import Integration, Patch

__all__ = ["INTEGRATION"]


def _job(function: Any) -> Any:
    return Job(function, get_frame())


INTEGRATION = Integration(
    "aiosqlite",
    (Patch("aiosqlite.core:Connection._execute", pins={"fn": _job}),),
    distribution="aiosqlite",
    versions=("0.17", ""),
    needs=("sqlite3",),
)
