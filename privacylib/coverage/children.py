"""Programs of Python that are started so that ``privacylib run`` does not go along with them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

__all__ = ["STARTS", "goes_unseen", "lead"]

STARTS = frozenset(("subprocess.Popen", "os.exec", "os.posix_spawn"))
"""Events that say at last with which environment a program is started; None for that of this process."""

_RUN = "PRIVACYLIB_RUN"
_AUTOLOAD = str(Path(__file__).parents[1] / "cli" / "autoload")
_PYTHON = ("python", "pypy")


def goes_unseen(args: tuple[Any, ...]) -> bool:
    """Return whether a program of Python is started, by its name, with an environment that does not bring us along.

    Args:
        args: What one of `STARTS` says.
    """
    program, given = args[0], args[-1]
    if _RUN not in os.environ or given is None:
        return False
    if not isinstance(program, (str, bytes)) or not os.path.basename(os.fsdecode(program)).startswith(_PYTHON):  # noqa: PTH119 - bytes too
        return False
    told = {os.fsdecode(name): os.fsdecode(value) for name, value in cast("Mapping[Any, Any]", given).items()}
    first = os.environ.get("PYTHONPATH", "").partition(os.pathsep)[0]
    return _RUN not in told or first not in told.get("PYTHONPATH", "").split(os.pathsep)


def lead() -> None:
    """Put ours first again, where a launcher has put a ``sitecustomize`` of its own before it; ours imports the next.

    Python imports one of that name only, and `opentelemetry-instrument` puts its own first and starts the program anew.
    """
    found = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if _RUN in os.environ and _AUTOLOAD in found[1:]:
        others = (entry for entry in found if entry != _AUTOLOAD)
        os.environ["PYTHONPATH"] = os.pathsep.join((_AUTOLOAD, *others))
