"""Raw bytes as context, by Hypothesis and, where it can be installed, by atheris."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propagation.fuzzing import attempt, seeds


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return what a case presents, with a piece of it replaced."""
    seed = draw(st.sampled_from(seeds()))
    start = draw(st.integers(0, len(seed)))
    end = draw(st.integers(start, min(len(seed), start + 40)))
    return seed[:start] + draw(st.binary(max_size=40) | st.sampled_from(seeds())) + seed[end:]


@given(st.binary(max_size=3000) | damaged())
def test_fault_47_no_bytes_are_believed_that_nobody_signed(data: bytes) -> None:
    attempt(data)


@pytest.mark.parametrize("seed", seeds())
def test_what_mutations_begin_with_holds_itself(seed: bytes) -> None:
    attempt(seed)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed; it is optional")
def test_fault_47_atheris_finds_nothing_in_a_few_seconds() -> None:
    command = [sys.executable, "-m", "tests.propagation.fuzz", "5"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    executed = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert executed
    assert int(executed[1]) > len(seeds())
