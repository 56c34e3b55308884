"""Commands of which a shell or another program starts Python, as far as their words tell."""

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePath

from privacylib.families.interpreters import deaf

__all__ = ["commands", "is_deaf"]

_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))
_BEFORE = frozenset(
    str.split("env exec nohup nice time timeout setsid stdbuf xargs command then do else if while until ! {")
)
"""Words behind which a command stands."""
_LINE = re.compile(r"-(?!-)\w*c\w*")
"""Option of a shell behind which a line stands."""
_ENDS = frozenset(";|&()")
_PYTHON = ("python", "pypy")
_PATH = "PYTHONPATH="


def commands(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the commands that a program is started for: its own, or those of the line that a shell is given."""
    if PurePath(words[0]).name not in _SHELLS:
        yield [*words]
        return
    line = next((line for option, line in pairwise(words) if _LINE.fullmatch(option)), "")
    command: list[str] = []
    for token in _tokens(line):
        if not _ENDS.issuperset(token):
            command.append(token)
            continue
        yield command
        command = []
    yield command


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line.replace("\n", ";").replace("`", ";"), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # what the shell refuses, or more than this reads of it
        return line.split()


def is_deaf(command: Sequence[str], *, seen: bool) -> bool:
    """Return whether a command starts a Python that does not bring us along.

    Args:
        command: Its words.
        seen: Whether the environment around it brings us along.
    """
    at = _of_python(command)
    if at is None:
        return False
    return not seen or deaf(command[at:]) is not None or any(map(_hides, command[:at]))


def _of_python(command: Sequence[str]) -> int | None:
    """Return where Python stands in a command: first, behind assignments, or behind what starts another program."""
    behind = False
    for at, word in enumerate(command):
        name = PurePath(word).name
        if name.startswith(_PYTHON) and "=" not in name:
            return at
        behind = behind or name in _BEFORE
        if not behind and "=" not in word:
            return None
    return None


def _hides(word: str) -> bool:
    """Return whether a word before the program takes our directory off its path."""
    value = word.removeprefix(_PATH)
    return word == "-i" or (value != word and "PYTHONPATH" not in value and "autoload" not in value)
