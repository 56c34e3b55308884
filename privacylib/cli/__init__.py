"""The command line: ``privacylib COMMAND …``. Each command is a module of this package.

A command's module has ``add(subparsers)``, which declares its parser and names its function with
``set_defaults(run=…)``; the function takes the parsed arguments and returns the exit status.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from privacylib.errors import PrivacyError

__all__ = ["Subparsers", "main"]

COMMANDS: tuple[str, ...] = ("demo", "run", "graph", "sql", "policy", "replay", "explain", "doctor", "drain")
"""Modules of this package, in the order of the help text."""


class Subparsers(Protocol):
    """Where a command declares its parser."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Return the parser of a new command; `options` are ArgumentParser's own, and ``help``."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The arguments behind the program's name; None for those of the process.

    Returns:
        The exit status: 0 for success, 1 for a failure that was explained, 130 when interrupted.
    """
    given = sys.argv[1:] if argv is None else argv
    arguments = parser(given[:1]).parse_args(given)
    try:
        return int(arguments.run(arguments))
    except PrivacyError as error:
        print(f"privacylib: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser(asked: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of the one that is asked for: a program that is run waits for no other.

    Args:
        asked: Its name.
    """
    parser = argparse.ArgumentParser(
        prog="privacylib",
        description="See where the data of Python programs flows, and decide whether it may.",
        epilog="Start with `privacylib run -- python PROGRAM.py`, then try `privacylib graph edges` and `doctor`.",
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS if set(asked).isdisjoint(COMMANDS) else asked:
        importlib.import_module(f"privacylib.cli.{name}").add(subparsers)
    return parser
