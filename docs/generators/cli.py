"""The reference of the command line, from its parsers."""

import argparse
from collections.abc import Iterator

from privacylib.cli import parser as command_line

__all__ = ["cli"]


def cli() -> Iterator[str]:
    """Yield the lines of the reference of the command line."""
    yield from ("# Command line", "")
    yield from ("Exit status: 0 for success, 1 for a failure that was explained, 2 for a wrong command line.", "")
    yield from commands(command_line(), "privacylib")


def commands(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    """Yield what is said about each command below a parser."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        short = {choice.dest: choice.help for choice in action._choices_actions}
        for word, inner in action.choices.items():
            if any(isinstance(a, argparse._SubParsersAction) for a in inner._actions):
                yield from commands(inner, f"{name} {word}")
                continue
            said = " ".join((inner.description or short.get(word) or "").split())
            yield from (f"## {name} {word}", "", said[:1].upper() + said[1:].rstrip(".") + ".", "")
            yield from ("| argument | meaning |", "|---|---|")
            yield from (f"| {flags(a)} | {a.help} |" for a in inner._actions if a.dest != "help")
            yield ""


def flags(action: argparse.Action) -> str:
    """Return how an argument is written."""
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    return ", ".join(f"`{flag} {value}`".replace(" `", "`") for flag in action.option_strings) or f"`{value}`"
