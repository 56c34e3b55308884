# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.pool import Pool
from gevent.threadpool import ThreadPool

import privacylib
from privacylib.instrumentation import hops
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import PEOPLE, behind, people, purposes, write_open

Spawn = Callable[[Callable[[], None]], Any]

SPAWNS: dict[str, Spawn] = {
    "spawn": gevent.spawn,
    "pool": lambda work: Pool(2).spawn(work),
    "threadpool": lambda work: ThreadPool(1).spawn(work),
    "later": lambda work: gevent.spawn_later(0.001, work),
}


@pytest.mark.parametrize("spawn", SPAWNS.values(), ids=SPAWNS)
def test_fault_30_a_greenlet_inherits(seen: Capture, spawn: Spawn) -> None:
    with privacylib.zone("reply"):
        people()
        spawn(write_open).get()
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


def test_fault_30_greenlets_of_two_scopes_share_nothing(seen: Capture) -> None:
    def request(reading: bool) -> None:
        with privacylib.scope("request"):
            if reading:
                people()
            gevent.sleep(0.001)
            write_open()

    gevent.joinall([gevent.spawn(request, number % 2 == 0) for number in range(10)])
    assert sorted(behind(seen)) == [()] * 5 + [(PEOPLE,)] * 5


LATE = """
import sys
import privacylib
from tests.instrumentation.hops import work

privacylib.init("late", policy=sys.argv[1], spool=sys.argv[2])
assert "gevent" not in sys.modules
import gevent

with privacylib.zone("reply"):
    work.people()
    gevent.spawn(work.write_open).get()
    gevent.get_hub().threadpool.spawn(work.write_closed).get()
"""


def test_fault_30_gevent_may_be_imported_after_init(tmp_path: Path) -> None:
    work.run_script(tmp_path, LATE)
    assert work.edges_in(tmp_path) == {(PEOPLE, work.OPEN), (PEOPLE, work.CLOSED)}


def test_the_hop_goes_out_and_in_again(seen: Capture) -> None:
    def purpose() -> str | None:
        return privacylib.current().purpose

    with privacylib.zone("reply"):
        hops.uninstall()
        assert gevent.spawn(purpose).get() is None
        hops.install()
        assert gevent.spawn(purpose).get() == "reply"
