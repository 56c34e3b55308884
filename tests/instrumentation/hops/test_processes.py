import inspect
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.context import PROCESS
from privacylib.instrumentation import hops
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLICKS, OPEN, PEOPLE, people

FORK = multiprocessing.get_context("fork")

SCRIPT = """
import multiprocessing, sys
import privacylib
from tests.instrumentation.hops import work

class Overriding(multiprocessing.process.BaseProcess):
    pass

if __name__ == "__main__":
    policy, spool, method = sys.argv[1:]
    privacylib.init("parent", policy=policy, spool=spool)
    start = multiprocessing.get_context(method)
    work.clicks()
    with privacylib.zone("reply"):
        work.people()
        inside = start.Process(target=work.write_open)
        inside.start()
    assert not any(name.startswith("_privacylib") for name in vars(inside))
    outside = start.Process(target=work.write_closed)
    outside.start()
    for process in (inside, outside):
        process.join()
        assert process.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_fault_9_a_process_sees_its_starters_policy(tmp_path: Path, method: str) -> None:
    work.run_script(tmp_path, SCRIPT, method)
    assert work.edges_in(tmp_path) == {(PEOPLE, OPEN), (CLICKS, OPEN), (CLICKS, work.CLOSED)}


ITEMS = """
import multiprocessing, os, sys
import privacylib

def item():
    with privacylib.scope("item", fresh=True):
        zone = privacylib.current().zone
    assert zone is None or not zone.purposes, zone

if __name__ == "__main__":
    policy, spool, method = sys.argv[1:]
    privacylib.init("parent", policy=policy, spool=spool)
    with privacylib.zone("reply"):
        process = multiprocessing.get_context(method).Process(target=item)
        process.start()
    process.join()
    assert process.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_fault_26_an_item_that_a_process_works_on_stands_in_no_zone_that_it_only_carries(
    tmp_path: Path, method: str
) -> None:
    work.run_script(tmp_path, ITEMS, method)


def test_the_child_of_a_bare_fork_goes_on_in_the_block_that_it_was_forked_in(seen: Capture) -> None:
    with privacylib.zone("reply"):
        child = os.fork()
        if not child:
            with privacylib.scope("item", fresh=True):
                os._exit(0 if privacylib.current().purpose == "reply" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def answer_from(child: Callable[["SimpleQueue[Any]"], None]) -> Any:
    told: SimpleQueue[Any] = FORK.SimpleQueue()
    process = FORK.Process(target=child, args=(told,))
    process.start()
    answer = told.get()
    process.join()
    return answer


def tell_context(told: "SimpleQueue[Any]") -> None:
    current = privacylib.current()
    told.put((current.labels, current.purpose, current.correlation_key))


def tell_process_scope(told: "SimpleQueue[Any]") -> None:
    people()
    told.put((PROCESS.scoped, privacylib.current().labels, len(PROCESS.frame.scope.reads.latest)))


def test_a_forked_child_stands_where_it_was_forked(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        key = privacylib.current().correlation_key
        assert answer_from(tell_context) == ({"CONTACT"}, "reply", key)


def test_a_forked_child_outside_any_scope_lives_in_its_process_scope(seen: Capture) -> None:
    with privacylib.scope("of the parent"):
        pass
    assert answer_from(tell_process_scope) == (False, {"CONTACT"}, 1)
    assert PROCESS.frame.scope.reads.latest == {}


def test_a_bare_fork_inherits_the_scope(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        child = os.fork()
        if child == 0:
            os._exit(0 if "CONTACT" in privacylib.current().labels else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_signature_name_and_identity() -> None:
    hops.uninstall()
    bare = BaseProcess.start
    hops.install()
    assert BaseProcess.start is not bare
    assert inspect.signature(BaseProcess.start) == inspect.signature(bare)
    assert (BaseProcess.start.__name__, BaseProcess.start.__doc__) == (bare.__name__, bare.__doc__)
    hops.uninstall()
    assert BaseProcess.start is bare
    hops.install()
