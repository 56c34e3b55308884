"""What everything that starts programs has in common."""

import os
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, cast

from privacylib.model import Asset, Kind, Operation

__all__ = ["command_name", "started"]

_PYTHON = re.compile(r"(python|pypy)[\d.]*t?")
_OPTIONS = re.compile(r"-(?!-)[A-Za-z]*?([cmWX])(.*)")
"""Options of the interpreter up to the first that takes an argument."""


def started(given: Any, *, by_shell: bool = False, program: Any = None) -> tuple[Operation, ...]:
    """Describe the start of a program: a CALL that its arguments and its input go into.

    Args:
        given: The command: one text, or the program and its arguments.
        by_shell: Whether a shell reads the text.
        program: What is run in place of the first word.
    """
    if by_shell:
        words: list[Any] = [program or "sh"]
    elif isinstance(given, (str, bytes, os.PathLike)):
        words = [program or cast("Any", given)]
    else:
        first, *others = cast("Sequence[Any]", given)
        words = [program or first, *others]
    return (Operation(Kind.CALL, Asset("command", command_name([os.fsdecode(word) for word in words]))),)


def command_name(words: Sequence[str]) -> str:
    """Return what a command is called: its program's name, or that of the script or module that Python runs.

    Args:
        words: The program and its arguments, of which nothing else is kept.
    """
    name = PurePath(words[0]).name
    if not _PYTHON.fullmatch(name):
        return name
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            return PurePath(word).stem
        option = _OPTIONS.match(word)
        if word == "-" or (option and option[1] == "c"):
            break
        if option and option[1] == "m":
            return option[2] or next(rest, name)
        if option and not option[2]:
            next(rest, None)
    return "python"
