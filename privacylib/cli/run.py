"""``privacylib run -- CMD …``: any Python program, without a change to its code."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from privacylib.cli import Subparsers
from privacylib.errors import PrivacyError
from privacylib.families.interpreters import command_name, deaf

__all__ = ["add", "environment", "run"]

_AUTOLOAD = Path(__file__).with_name("autoload")
_DESCRIPTION = """Run CMD, a Python program, with its I/O libraries instrumented before its first line, child
processes included. Output, exit status and signals are the program's own. Variables named PRIVACYLIB_* are kept."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("run", help="run any Python program, no code change", description=_DESCRIPTION)
    parser.add_argument("--policy", metavar="F", type=Path, help="the policy file")
    parser.add_argument(
        "--mode",
        metavar="M",
        choices=("observe", "simulate", "enforce"),
        help="observe (the default), simulate or enforce",
    )
    parser.add_argument("--service", metavar="NAME", help="name of the service; default: the program's")
    parser.add_argument("--spool", metavar="DIR", type=Path, help="default: .privacylib")
    parser.add_argument("--region", metavar="NAME", help="where the service runs")
    parser.add_argument("command", metavar="CMD", nargs=argparse.REMAINDER, help="the program and its arguments")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by the program."""
    command: list[str] = arguments.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        raise PrivacyError("run needs a program; write for example: privacylib run -- python app.py")
    if arguments.policy is not None:
        from privacylib.policy.loading import load

        load(arguments.policy)  # a wrong file is named here, not in the middle of the program's start
    told = environment(arguments, command, os.environ)
    if (option := deaf(command)) is not None:
        problem = f"python {option} does not start privacylib; leave {option} out"
        if told.get("PRIVACYLIB_MODE", "").lower() == "enforce":
            raise PrivacyError(f"{problem}. Nothing was run, because the mode is enforce")
        print(f"privacylib: {problem}. The program runs unobserved", file=sys.stderr, flush=True)
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, told)  # noqa: S606 - running what the user names is the purpose
    except OSError as error:
        raise PrivacyError(f"cannot run {command[0]}: {error.strerror}") from None


def environment(arguments: argparse.Namespace, command: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the program's environment: what was asked for here wins over what was set before.

    Args:
        arguments: The parsed arguments.
        command: The program and its arguments.
        environ: The environment to start from.
    """
    told = dict(environ)
    given = {
        "POLICY": arguments.policy and str(arguments.policy.absolute()),
        "SPOOL": arguments.spool and str(arguments.spool.absolute()),
        "MODE": arguments.mode,
        "REGION": arguments.region,
        "SERVICE": arguments.service,
    }
    told.update({f"PRIVACYLIB_{name}": value for name, value in given.items() if value})
    told.setdefault("PRIVACYLIB_SPOOL", str(Path(".privacylib").absolute()))
    told.setdefault("PRIVACYLIB_SERVICE", command_name(command))
    told.setdefault("PRIVACYLIB_INSTRUMENT", "all")
    told["PRIVACYLIB_RUN"] = str(os.getpid())  # which the program takes over
    told["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_AUTOLOAD), told.get("PYTHONPATH"))))
    return told
