# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.pool import Pool
from gevent.threadpool import ThreadPool

import privacylib
from privacylib.testing import Capture
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
