"""What lets ``privacylib run`` go along with the programs that a program starts: its directory on ``PYTHONPATH``."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["ALONG", "GIVEN", "PYTHONPATH", "brings", "put_first"]

PYTHONPATH = "PYTHONPATH"
GIVEN = "_PRIVACYLIB_GIVEN"
"""Names what a program is given by whoever starts it, as that has recorded it; no setting of a user's."""

_RUN = "PRIVACYLIB_RUN"
_AUTOLOAD = str(Path(__file__).parents[2] / "cli" / "autoload")
_OURS = os.path.join("privacylib", "cli", "autoload")  # noqa: PTH118 - of whichever installation

ALONG = _RUN in os.environ
"""Whether `privacylib run` has started this program, which may take that out of its environment later."""


def brings(environment: Mapping[str, str]) -> bool:
    """Return whether a program of Python is seen that is started with an environment."""
    return _RUN in environment and any(map(_is_ours, _entries(environment)))


def put_first(environment: Any) -> Any:
    """Return an environment with our directory first again; the given one where it is, or nothing else tells of us.

    Args:
        environment: That of a program that is started; None for that of this process, which stays as it is.
    """
    given: Mapping[str, str] = os.environ if environment is None else environment
    if not ALONG or _RUN not in given:
        return environment
    first, *others = _entries(given)
    if _is_ours(first):
        return environment
    kept = [entry for entry in (first, *others) if entry and not _is_ours(entry)]
    return {**given, PYTHONPATH: os.pathsep.join((_AUTOLOAD, *kept))}


def _entries(environment: Mapping[str, str]) -> list[str]:
    return environment.get(PYTHONPATH, "").split(os.pathsep)


def _is_ours(entry: str) -> bool:
    return entry.endswith(_OURS)
