"""A process for each side of a comparison, which works when it is told to.

Each side has an interpreter, a heap and patches of its own. It waits on its standard input, so that
the others have the machine while it is their turn.
"""

import contextlib
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tests.benchmarks.model import Work

__all__ = ["Missing", "Turn", "Worker", "side", "told"]

ROOT = Path(__file__).parents[2]


class Missing(Exception):
    """Raised where what a side needs is not installed."""


class Turn(NamedTuple):
    """Hold what one turn took, for each time that the work was done, in microseconds."""

    caller: float
    """CPU of the calling thread."""
    total: float
    """CPU of the whole process, until the background was done as well."""


def side(function: Callable[..., Any], *arguments: str) -> tuple[str, ...]:
    """Return how a worker finds the function that sets a side up."""
    return (f"{function.__module__}:{function.__name__}", *arguments)


class Worker:
    """A side in a process of its own.

    Args:
        command: What `side` returned.
        core: Whether it stays on one core, with all that it starts.
    """

    def __init__(self, command: tuple[str, ...], *, core: bool = False) -> None:
        self._command = command
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the worker is
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, cwd=ROOT, text=True,
        )  # fmt: skip
        if core and sys.platform == "linux":
            os.sched_setaffinity(self._process.pid, {max(os.sched_getaffinity(0))})

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        self._said.close()

    def ready(self) -> None:
        """Wait until it is set up.

        Raises:
            Missing: What it needs is not installed.
        """
        answer = self._answer()
        if "missing" in answer:
            raise Missing(answer["missing"])

    def turn(self, times: int) -> Turn:
        """Let it work."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{times}\n")
        stdin.flush()
        return Turn(*self._answer()["turn"])

    def _answer(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            raise RuntimeError(f"{self._command} ended: {self._said.read().decode()}")
        return json.loads(line)


def told(module: str, *arguments: str) -> Any:
    """Run a module as a program and return the JSON that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} ended: {done.stderr}")
    return json.loads(done.stdout)


def turn(work: Work, times: int) -> Turn:
    """Work, and return what it took."""
    gc.collect()
    process, thread = time.process_time(), time.thread_time()
    own = work.run(times)
    caller = time.thread_time() - thread if own is None else own
    work.settle()
    total = time.process_time() - process
    return Turn(caller / times * 1e6, total / times * 1e6)


def main(place: str, *arguments: str) -> None:
    """Set a side up, and work whenever a number comes in."""
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(**what: Any) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    module, _, function = place.partition(":")
    with contextlib.ExitStack() as stack:
        try:
            work: Work = stack.enter_context(getattr(importlib.import_module(module), function)(*arguments))
        except ModuleNotFoundError as error:
            answer(missing=str(error.name))
            return
        answer(ready=True)
        for line in sys.stdin:
            answer(turn=turn(work, int(line)))


if __name__ == "__main__":
    main(*sys.argv[1:])
