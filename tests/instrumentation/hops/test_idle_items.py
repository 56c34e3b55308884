"""An item that brings nothing new is refused to nobody: else a pool of processes dies of the numbers of its jobs."""

import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

import privacylib
from privacylib.context import PROCESS
from privacylib.model import Asset, Source, Zone
from privacylib.testing import capture
from tests.runtime.model import POLICY


@pytest.fixture(autouse=True)
def refusing() -> Iterator[None]:
    """Stand in the zone of a command, which holds what an open write may not have."""
    with capture(POLICY, mode="enforce", region="eu"):
        PROCESS.frame.zone = Zone(("reply",))
        with privacylib.scope("before"):
            pass
        with privacylib.write("file:///plain"):
            found = PROCESS.outside()
            assert found is not None
            found.scope.reads.add(Source(Asset("db://h", "users"), None, frozenset({"CONTACT"})), 1)
            yield


def test_an_item_without_anything_new_is_handed_over() -> None:
    items, taken = queue.Queue[int](), list[int]()

    def hand_over() -> None:
        items.put(7)
        taken.append(items.get())

    thread = threading.Thread(target=hand_over)
    thread.start()
    thread.join()
    assert taken == [7]


def test_a_pool_of_processes_goes_on() -> None:
    """What the job brings home is refused to the open write, which is an answer; no answer is none."""
    with ProcessPoolExecutor(1) as pool:
        for _ in range(2):
            with pytest.raises(privacylib.PolicyDenied):
                pool.submit(os.getpid).result(30)
