"""Programs of Python that are started so that ``privacylib run`` does not go along with them."""

import os
from collections.abc import Mapping
from typing import Any

from privacylib.coverage.lines import commands, is_deaf
from privacylib.families.files.paths import PATHS
from privacylib.instrumentation.hops.along import ALONG, PYTHONPATH, brings, put_first

__all__ = ["STARTS", "goes_unseen", "lead"]

STARTS = frozenset(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"))
"""Events that say at last with which environment a program is started; None, or nothing, for that of this process."""


def goes_unseen(args: tuple[Any, ...]) -> bool:
    """Return whether a program of Python is started, by its name, so that it does not bring us along.

    Args:
        args: What one of `STARTS` says: the program, its words and last the environment, or a line for the shell.
    """
    if not ALONG:
        return False
    program, words, given = ("sh", ("sh", "-c", args[0]), None) if len(args) == 1 else (args[0], args[1], args[-1])
    if not isinstance(program, (str, bytes)) or not all(isinstance(word, PATHS) for word in words):
        return False  # the library's own error comes next
    told = [os.fsdecode(word) for word in (program, *words[1:])]
    seen = brings(os.environ if given is None else _decoded(given))
    return any(is_deaf(command, seen=seen) for command in commands(told))


def _decoded(given: Mapping[Any, Any]) -> dict[str, str]:
    return {os.fsdecode(name): os.fsdecode(value) for name, value in given.items()}


def lead(args: tuple[Any, ...]) -> None:
    """Put ours first again in the environment that a program takes over in the place of this one.

    Python imports one ``sitecustomize`` only, of which ours imports the next; `opentelemetry-instrument` puts its own
    first and starts the program anew.

    Args:
        args: What the event says: the program, its words, and its environment, None for that of this process.
    """
    told = put_first(None) if args[-1] is None else None
    if told is not None:
        os.environ[PYTHONPATH] = told[PYTHONPATH]
