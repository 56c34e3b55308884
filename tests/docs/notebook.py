"""Run the Python blocks of one page in one namespace, in a process of their own.

Started as a program it is that process: requests come in as lines of JSON, answers go out likewise.
"""

import contextlib
import io
import json
import linecache
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from attrs import frozen


@frozen
class Result:
    """Hold what a block printed, and the traceback where it raised."""

    printed: str
    raised: str


class Notebook:
    """Keep the process of one page.

    Args:
        directory: Its working directory.
        environment: Its environment variables.
    """

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, text: str, name: str) -> Result:
        """Run one block; `name` stands in its tracebacks."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([text, name]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        return Result(*json.loads(answer)) if answer else Result("", "the process of the page ended")

    def close(self) -> int:
        """End the process as a script ends, and return its exit status."""
        self._process.communicate(timeout=60)
        return self._process.returncode


def execute(text: str, name: str, namespace: dict[str, Any]) -> Result:
    # The source is kept where inspect looks for it: decorators may want to read what they decorate.
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    printed = io.StringIO()
    raised = ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(text, name, "exec"), namespace)  # noqa: S102 - the page is ours
        except Exception:  # noqa: BLE001 - the page shows it
            raised = traceback.format_exc()
    return Result(printed.getvalue(), raised)


def serve() -> None:
    # The answers have a channel of their own: whatever a block's children print goes to stderr.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for request in sys.stdin:
        text, name = json.loads(request)
        result = execute(text, name, namespace)
        answers.write(json.dumps([result.printed, result.raised]) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
