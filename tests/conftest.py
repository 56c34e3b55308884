"""Fixtures for every test, and how Hypothesis runs."""

import contextlib
import importlib
import os
import signal

import pytest
from hypothesis import settings

from privacylib.runtime import COMPILED
from tests import servers

# No deadline: machines are shared. In CI the same commit tries the same examples, so that it ends the same way twice.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Take one process more than there are cores: a fifth of its time each waits for what it has started."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Let what tests start be as anywhere.

    A shell's background jobs ignore interrupts, and so does all that they start; and each of the many processes would
    compile the whole of privacylib where nobody may keep it.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _import_grpc_that_leaves_children_alone()


def _import_grpc_that_leaves_children_alone() -> None:
    """Import gRPC with its support of forks off, which it looks for then and never again.

    With it gRPC starts threads in each child of a process that has used it, among what its parent's threads have left
    there, where it may abort. No test uses gRPC in a child of this very process: those that do start one of their own.
    """
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(ImportError):
        if "GRPC_ENABLE_FORK_SUPPORT" not in os.environ:
            patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
        importlib.import_module("grpc")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files that take long: with them at the end, one core would wait for the other."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what replaces parts that the compiled form has in C."""
    if COMPILED and item.get_closest_marker("pure"):
        pytest.skip("what it replaces cannot be replaced in the compiled form")


@pytest.fixture
def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    return servers.free_port()
