"""Programs that hosts might be, run as processes of their own."""

import subprocess
import sys
import textwrap
from pathlib import Path

from privacylib.recorder import producers, tallies

__all__ = ["records_by_pid", "run", "total"]

_BEGIN = """
import os, signal, sys, threading, time, privacylib
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

def write(*numbers):
    for number in numbers:
        with privacylib.scope("work"), privacylib.write(f"file:///r{number}"): pass

class Hanging(SpanExporter):
    def export(self, spans): threading.Event().wait()

spool = sys.argv[1]
"""


def run(code: str, spool: Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program that has `write`, `Hanging` and `spool`; it is a file, so that it can be imported by its children.

    Args:
        code: The program.
        spool: Its directory for the spool.
        timeout: Seconds after which it counts as hanging.
    """
    spool.mkdir(parents=True, exist_ok=True)
    program = spool.parent / "program.py"
    program.write_text(_BEGIN + textwrap.dedent(code))
    command = [sys.executable, "-W", "ignore::DeprecationWarning", program, spool]
    return subprocess.run(command, timeout=timeout, capture_output=True, text=True, check=False)


def total(spool: Path) -> int:
    """Return how many operations were recorded."""
    return sum(tally.count for producer in producers(spool) for tally in tallies(producer).flows.values())


def records_by_pid(spool: Path) -> dict[int, int]:
    """Return how many records each process left."""
    return {producer.meta["pid"]: len(list(producer.records())) for producer in producers(spool)}
