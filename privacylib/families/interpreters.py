"""Commands that are programs of Python: what they are called, and whether their interpreter hears of us."""

import re
from collections.abc import Sequence
from pathlib import PurePath

__all__ = ["command_name", "deaf"]

_PYTHON = re.compile(r"(python|pypy)[\d.]*t?")
_OPTIONS = re.compile(r"-(?!-)[A-Za-z]*?([cmWX])(.*)")
"""Options of the interpreter up to the first that takes an argument."""
_LETTERS = re.compile(r"-(?!-)([A-Za-z]*?)([cmWX]|$)(.*)")
"""Likewise, or all of them."""


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


def deaf(command: Sequence[str]) -> str | None:
    """Return the option by which a Python interpreter ignores what starts privacylib, or None."""
    options = iter(command[1:] if PurePath(command[0]).name.startswith(("python", "pypy")) else ())
    for option in options:
        letters = _LETTERS.match(option)
        if letters is None:
            break
        found = re.search("[EIS]", letters[1])
        if found or letters[2] in ("c", "m"):
            return f"-{found[0]}" if found else None
        if letters[2] and not letters[3]:
            next(options, None)
    return None
