"""One run of the demo as a user starts it, with a temporary directory of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["Run", "command", "environment", "processes_in"]


@frozen
class Run:
    """Hold what a run left.

    Args:
        told: The object that it printed.
        progress: Lines on standard error.
        working: The directory that it was started in.
        temporary: The directory for its temporary files.
    """

    told: dict[str, Any]
    progress: list[str]
    working: Path
    temporary: Path

    @property
    def spool(self) -> Path:
        """Return the spool that it named."""
        return Path(self.progress[-1].rpartition(" ")[2])

    @classmethod
    def of(cls, home: Path) -> "Run":
        """Run the demo to its end."""
        working, temporary = home / "working", home / "temporary"
        working.mkdir()
        temporary.mkdir()
        ended = subprocess.run(
            command("demo", "--json"), cwd=working, env=environment(temporary), capture_output=True, text=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return cls(json.loads(ended.stdout), ended.stderr.splitlines(), working, temporary)


def command(*arguments: str) -> list[str]:
    """Return the installed command, or the same by its module where the package is not installed."""
    installed = Path(sys.executable).with_name("privacylib")
    return [str(installed), *arguments] if installed.exists() else [sys.executable, "-m", "privacylib.cli", *arguments]


def environment(temporary: Path) -> dict[str, str]:
    """Return an environment with its own temporary directory, and a variable of an operator that must not disturb."""
    return {**os.environ, "TMPDIR": str(temporary), "PRIVACYLIB_MODE": "observe", "PYTHONUTF8": "1"}


def processes_in(directory: Path) -> Iterator[str]:
    """Yield the command lines of running processes that name a directory."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if str(directory) in line:
            yield line
