"""``privacylib demo``: the end-to-end story on real processes."""

import argparse
import json
import signal
import sys
from importlib.metadata import version
from importlib.util import find_spec
from typing import NoReturn

from privacylib.cli import Subparsers
from privacylib.errors import PrivacyError

__all__ = ["add"]

NEEDED = ("duckdb", "joblib", "sklearn", "sqlglot", "starlette", "uvicorn")
"""Modules of the extra ``demo``."""

_DUCKDB = (1, 4)
"""The first version whose SQL is seen."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    text = "tell the story of a voice assistant on real processes, and show its lineage graph"
    parser = subparsers.add_parser("demo", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to standard error")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tell the story.

    Raises:
        PrivacyError: What it needs is not installed, or a part of it failed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise PrivacyError(f"the demo needs {', '.join(missing)}; install them with: pip install 'privacylib[demo]'")
    if tuple(map(int, version("duckdb").split(".")[:2])) < _DUCKDB:
        needed = ".".join(map(str, _DUCKDB))
        raise PrivacyError(f"the demo needs duckdb {needed} or newer; here is {version('duckdb')}")
    from privacylib.demo.display import Display
    from privacylib.demo.report import report
    from privacylib.demo.story import tell

    signal.signal(signal.SIGTERM, _interrupt)
    outcome = tell(Display(sys.stderr if arguments.json else sys.stdout))
    print(json.dumps(outcome.members()) if arguments.json else f"\n{report(outcome)}")
    return 0


def _interrupt(number: int, frame: object) -> NoReturn:
    """Leave by an exception, so that processes end and files go."""
    del frame
    sys.exit(128 + number)
