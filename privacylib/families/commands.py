"""What everything that starts programs has in common."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from attrs import frozen

from privacylib.families.files.paths import PATHS
from privacylib.families.interpreters import command_name
from privacylib.model import Asset, Kind, Operation

__all__ = ["RUNNERS", "Runner", "listed", "replaces", "started", "starts"]


def listed(given: Any) -> Any:
    """Return a command whose words can be looked at, and still be passed on."""
    return list(cast("Iterator[Any]", given)) if isinstance(given, Iterator) else given


def starts(given: Any, *, program: Any = None) -> bool:
    """Return whether a command can be started at all; the standard library refuses words that are no text.

    Args:
        given: One text, or the program and its arguments.
        program: What is run in place of the first word; there has to be one.
    """
    if not isinstance(program, (type(None), *PATHS)):
        return False
    if isinstance(given, PATHS):
        return True
    if not isinstance(given, Iterable) and not hasattr(given, "__getitem__"):
        return False
    words = list(cast("Iterable[Any]", given))
    return bool(words or program is not None) and all(isinstance(word, PATHS) for word in words)


@frozen
class Runner:
    """How a function of `os` runs a program by its path, with words, in most cases in an environment.

    Args:
        name: Its name.
        given: The parameters that a call has to give.
        inherits: Whether None may stand for this process's environment.
        numbered: Whether the path may be the number of an open file.
        searches: Whether the path may be a name that is looked for in the directories of ``PATH``.
        returns: Whether it does, and the program is not run in place of this one.
    """

    name: str
    given: tuple[str, ...] = ("path", "argv", "env")
    inherits: bool = False
    numbered: bool = False
    searches: bool = False
    returns: bool = True

    def runs(self, path: Any, argv: Any, env: Any) -> bool:
        """Return whether it runs a program: words that are no list, or none at all, are refused.

        One that is not there cannot be run: `os.execvp` tries one directory of ``PATH`` after the other.

        Args:
            path: Of the program.
            argv: Its words.
            env: Its environment; of no importance where none is given.
        """
        if not isinstance(argv, (tuple, list)) or not argv:
            return False
        around = "env" not in self.given or hasattr(env, "keys") or (self.inherits and env is None)
        named = isinstance(path, PATHS) or (self.numbered and isinstance(path, int))
        if not (named and around and starts(cast("Sequence[Any]", argv))):
            return False
        return self.searches or os.path.isfile(cast("Any", path))  # noqa: PTH113 - a descriptor, or bytes, too


_SPAWNED_BARE = sys.version_info >= (3, 13)

RUNNERS = (
    Runner("posix_spawn", inherits=_SPAWNED_BARE),
    Runner("posix_spawnp", inherits=_SPAWNED_BARE, searches=True),
    Runner("execv", ("path", "argv"), returns=False),
    Runner("execve", numbered=True, returns=False),
)
"""The functions of `os` that run programs; the others call one of them."""


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
        words = [*cast("Sequence[Any]", given)]
        words[:1] = [program or words[0]]
    return (Operation(Kind.CALL, Asset("command", command_name([os.fsdecode(word) for word in words]))),)


def replaces(path: Any, argv: Sequence[Any]) -> tuple[Operation, ...]:
    """Describe that a program is run by its path, or by the number of its open file."""
    return started(argv if isinstance(path, int) else [path, *argv[1:]])
