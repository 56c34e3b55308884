"""A shop that stages its customers and sends them to a partner, killed over its spool."""

import subprocess
import sys
from pathlib import Path

import pytest

from privacylib import cli

__all__ = ["OUT", "POLICY", "STAGED", "USERS", "ask", "fill"]

POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
  - {match: "file:///staged", labels: [CONTACT]}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: simulate}
"""
PROGRAM = """
import os, signal, sys, privacylib
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2], mode="simulate")
def stage():
    with privacylib.read("postgres://db/users"), privacylib.write("file:///staged"): pass
def send():
    with privacylib.read("file:///staged"), privacylib.write("s3://partner/out"): pass
with privacylib.zone("order"): stage()
with privacylib.zone("order"): send(); send()
os.kill(os.getpid(), signal.SIGKILL)
"""
USERS, STAGED, OUT = "postgres://db/users", "file:///staged", "s3://partner/out"


def fill(path: Path) -> Path:
    """Let the shop run in a directory, and return its spool."""
    (path / "policy.yaml").write_text(POLICY)
    subprocess.run([sys.executable, "-c", PROGRAM, str(path / "spool"), str(path / "policy.yaml")], check=False)
    return path / "spool"


def ask(capsys: pytest.CaptureFixture[str], spool: Path, *arguments: str, status: int = 0) -> str:
    """Run a command over a spool and return what it prints; on standard error where it fails."""
    assert cli.main([*arguments, "--spool", str(spool)]) == status
    told = capsys.readouterr()
    return told.err if status else told.out
