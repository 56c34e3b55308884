"""Importing, on top of what both sides import: attrs, contextvars-extras and opentelemetry-api."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from tests.benchmarks.model import Goal, Work
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import ROOT, side

__all__ = ["ROWS"]

PROGRAM = """\
import attrs, contextvars_extras, opentelemetry.baggage, opentelemetry.context, opentelemetry.trace, time
began = time.process_time()
import {}
print(time.process_time() - began)
"""


@contextmanager
def importing(module: str) -> Generator[Work]:
    """Import a module in a fresh process each time, compiled on both sides, whatever the machine's settings are."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = [sys.executable, "-c", PROGRAM.format(module)]

    def once() -> float:
        done = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        if done.returncode:
            raise ModuleNotFoundError(done.stderr, name=module)
        return float(done.stdout)

    with tempfile.TemporaryDirectory() as compiled:
        environment["PYTHONPYCACHEPREFIX"] = compiled
        once()  # compiles it, and finds out whether it is there
        yield Work(lambda times: sum(once() for _ in range(times)))


ROWS = (
    Timed(
        "import", "import privacylib, on top of the common dependencies", side(importing, "privacylib"),
        (
            Against("import opentelemetry.sdk.trace", side(importing, "opentelemetry.sdk.trace"), Goal(most=25)),
            Against("import ddtrace", side(importing, "ddtrace"), Goal(most=25)),
        ),
        times=1, quick=1, unit="ms", scale=1e-3, unloaded=1,
    ),
)  # fmt: skip
