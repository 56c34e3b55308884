"""Killed while they record, rotate, fold, adopt, export and acknowledge: nothing is lost, and repeats are known."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The full test is PRIVACYLIB_TEST_KILLS=2000.
KILLS = int(os.environ.get("PRIVACYLIB_TEST_KILLS", "40"))

REFUSED = "records are refused (spool-full) and counted; `privacylib doctor` tells how many"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["own", "drain"])
def test_whoever_exports_and_whoever_is_killed_the_receiver_ends_with_the_exact_set(tmp_path: Path, way: str) -> None:
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.killing"]
    command = [*program, tmp_path / "spool", tmp_path / "received", str(KILLS), way]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120 + KILLS)
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.splitlines()) <= {REFUSED}, (
        "what a full spool refuses is counted below, and nothing else is said"
    )
    told = json.loads(done.stdout)
    print(told)  # noqa: T201 - shown with -s: how many were killed, and what came of it
    assert told["corrupt"] == 0
    # Killed between recording and saying so; where the spool is full, both calls of an operation are refused.
    assert told["said"] - told["refused"] <= told["recorded"] <= told["said"] + 2 * KILLS
    assert told["recorded"] == told["folded"] == told["received"]
