"""The work that the tests of the hops hand on: it reads people, and writes where their data may not go."""

import os
import subprocess
import sys
from pathlib import Path

import privacylib
from privacylib.graph import Graph
from privacylib.recorder import producers
from privacylib.testing import Capture

PEOPLE = "postgres://db/app.public.people"
CLICKS = "postgres://db/app.public.clicks"
OPEN = "file:///var/open.log"
CLOSED = "file:///var/closed.log"

POLICY = """
version: 1
labels: {CONTACT: {}, CLICK: {}}
purposes: {reply: {}, ads: {}}
assets:
  - {match: "postgres://db/app.public.people", labels: [CONTACT]}
  - {match: "postgres://db/app.public.clicks", labels: [CLICK]}
  - {match: "file:///var/open.log", labels: [CONTACT, CLICK]}
  - {match: "file:///var/closed.log", labels: []}
requirements:
  - {id: no-ads, applies_to: [CONTACT, CLICK], allow: {purposes: [reply]}, mode: enforce}
"""


@privacylib.reads(PEOPLE)
def people() -> list[str]:
    return ["ada"]


@privacylib.reads(CLICKS)
def clicks() -> list[str]:
    return ["c"]


@privacylib.writes(OPEN)
def write_open() -> None:
    """Write where everything may go."""


@privacylib.writes(CLOSED)
def write_closed() -> None:
    """Write where nothing labelled may go."""


def behind(seen: Capture, sink: str = OPEN) -> list[tuple[str, ...]]:
    """Return the sources of each write to `sink`, in order."""
    return [write.sources for write in seen.of("WRITE", sink)]


def purposes(seen: Capture, sink: str = OPEN) -> list[tuple[str, ...]]:
    """Return the purposes around each write to `sink`, in order."""
    return [write.purposes for write in seen.of("WRITE", sink)]


def run_script(directory: Path, code: str, *args: str) -> None:
    """Run a program of its own under the policy of the tests, with its spool in `directory`."""
    policy, script = directory / "policy.yaml", directory / "script.py"
    policy.write_text(POLICY)
    script.write_text(code)
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, str(script), str(policy), str(directory / "spool"), *args],
        check=False, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def edges_in(directory: Path) -> set[tuple[str, str]]:
    """Return source and sink of each edge in the spool of a program that was run."""
    return {(edge.source, edge.sink) for edge in Graph(producers(directory / "spool")).edges()}
