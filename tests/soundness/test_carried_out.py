"""A variable carries data out of a zone in a script: what holds, and what the threat model says does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from privacylib.graph import load
from privacylib.model import Flag
from privacylib.recorder import producers

POLICY = """
labels: {CONTACT: {}}
purposes: {order: {}}
assets: [{match: "db://h/users", labels: [CONTACT]}]
requirements: [{id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}]
"""
PROGRAM = """
import contextlib, sys, privacylib
privacylib.init("script", policy=sys.argv[1], spool=sys.argv[2], mode=sys.argv[3])
around, inside = (privacylib.scope("all") if sys.argv[4] == "scope" else contextlib.nullcontext(),
                  contextlib.nullcontext() if sys.argv[4] == "bare" else privacylib.zone("order"))
def load():
    with privacylib.read("db://h/users"): return ["ana"]
def store(rows):
    with privacylib.write("file:///out"): pass
try:
    with around:
        with inside:
            rows = load()
        store(rows)
    print("written")
except privacylib.PolicyDenied as denied:
    print(denied.decision.requirement)
"""
COMMAND = 'zones: [{match: "command://script", purpose: order}]'


def told(path: Path, mode: str, how: str, more: str = "") -> str:
    (path / "policy.yaml").write_text(POLICY + more)
    command = [sys.executable, "-c", PROGRAM, str(path / "policy.yaml"), str(path / "spool"), mode, how]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("more", ["", COMMAND])
@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_without_a_scope_around_it_is_not_followed_and_the_write_is_named(mode: str, more: str, tmp_path: Path) -> None:
    assert told(tmp_path, mode, "zone", more) == "written"
    assert load([tmp_path / "spool"]).edges() == []
    if not more:
        [producer] = producers(tmp_path / "spool")
        [site] = [producer.flows[each.flow].site for each in producer.records() if each.flags & Flag.ORPHAN]
        assert site == "__main__:store"


@pytest.mark.parametrize(("mode", "outcome"), [("observe", "written"), ("enforce", "flow")])
def test_with_a_scope_around_it_is(mode: str, outcome: str, tmp_path: Path) -> None:
    assert told(tmp_path, mode, "scope") == outcome
    found = load([tmp_path / "spool"])
    assert [(each.source, each.sink) for each in found.edges()] == [("db://h/users", "file:///out")][
        mode == "enforce" :
    ]
    assert len(found.denied()) == (mode == "enforce")


@pytest.mark.parametrize(("more", "outcome"), [("", "zone"), (COMMAND, "flow")])
def test_what_is_read_outside_of_scopes_is_behind_every_later_write(more: str, outcome: str, tmp_path: Path) -> None:
    assert told(tmp_path, "enforce", "bare", more) == outcome
