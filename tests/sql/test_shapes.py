"""Memory stays flat where every statement is a new one, by its shape too."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlglot")

SLACK = 2048
"""KiB that the allocator may take without a leak; 2,000 answers that are kept take twice as much."""


def resident(*arguments: int) -> list[int]:
    """Return the resident memory in KiB, step by step."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.sql.shapes", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return [int(line.split()[1]) for line in told.stdout.splitlines()]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
@pytest.mark.parametrize(
    ("statements", "room"), [(2_000, 2_000), pytest.param(100_000, 0, marks=pytest.mark.slow, id="as it is")]
)
def test_memory_is_flat_however_many_shapes_there_are(statements: int, room: int) -> None:
    _, warm, *later = resident(statements, 10, room)
    assert max(later) - warm < SLACK
