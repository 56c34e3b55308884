"""A child that fails tells its parent how it ended."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.soundness.hops import ANSWERED, Arrivals, Server, forked, serving

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")


def test_a_child_that_was_killed_says_by_which_signal_and_what_it_had_to_say() -> None:
    def abort() -> None:
        os.write(2, b"mutex.cc: lost\n")
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(AssertionError, match=r"killed by signal 9, and said:\nmutex.cc: lost"):
        forked(abort)


def test_a_child_that_fails_says_what_it_raised() -> None:
    def fail() -> None:
        raise ValueError("not like this")

    with pytest.raises(AssertionError, match=r"ended with 1, and said:[\s\S]*ValueError: not like this"):
        forked(fail)


def test_a_child_that_does_its_work_says_nothing() -> None:
    forked(os.getpid)


@pytest.mark.skipif("GRPC_ENABLE_FORK_SUPPORT" in os.environ, reason="somebody wants it otherwise")
def test_in_a_child_runs_nothing_of_the_grpc_of_its_parent() -> None:
    def look() -> None:
        time.sleep(0.1)
        assert [each.name for each in Path("/proc/self/task").iterdir()] == [str(os.getpid())]

    arrivals = Arrivals()
    arrivals.await_(1, lambda: None)
    with serving(arrivals) as target:
        server = Server(target)
        assert server.ask(1) == ANSWERED
        forked(look)
        server.close()
