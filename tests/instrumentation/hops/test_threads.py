import gc
import inspect
import threading
import weakref
from collections.abc import Callable

import pytest

import privacylib
from privacylib.context import Frame
from privacylib.instrumentation import hops
from privacylib.runtime import ACTIVE
from privacylib.testing import Capture
from tests.instrumentation.hops.work import OPEN, PEOPLE, behind, people, purposes, write_open


def run(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def test_a_thread_runs_under_its_starters_frame(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        run(threading.Thread(target=write_open))
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


def test_what_a_thread_reads_is_held_by_the_scope_that_started_it(seen: Capture) -> None:
    with privacylib.zone("reply"):
        run(threading.Thread(target=people))
        write_open()
    assert behind(seen) == [(PEOPLE,)]


def test_a_thread_started_outside_has_nobodys_context(seen: Capture) -> None:
    started = threading.Event()
    thread = threading.Thread(target=lambda: (started.wait(), write_open()))
    thread.start()
    with privacylib.zone("reply"):
        people()
        started.set()
        thread.join()
    assert behind(seen) == [()]
    assert purposes(seen) == [()]


def test_work_that_outlives_its_scope_stays_governed(seen: Capture) -> None:
    left = threading.Event()
    with privacylib.zone("reply"):
        people()
        thread = threading.Thread(target=lambda: (left.wait(), write_open()))
        thread.start()
    left.set()
    thread.join()
    (write,) = seen.of("WRITE", OPEN)
    assert (write.sources, write.purposes, write.outlived) == ((PEOPLE,), ("reply",), True)


class Overriding(threading.Thread):
    def run(self) -> None:
        write_open()


@pytest.mark.parametrize(
    "thread",
    [
        Overriding,
        lambda: Overriding(daemon=True),
        lambda: threading.Timer(0, write_open),
        lambda: threading.Thread(target=lambda: run(threading.Thread(target=write_open))),
    ],
    ids=["subclass", "daemon", "timer", "nested"],
)
def test_every_kind_of_thread(seen: Capture, thread: Callable[[], threading.Thread]) -> None:
    with privacylib.zone("reply"):
        people()
        run(thread())
    assert behind(seen) == [(PEOPLE,)]


def test_a_run_that_the_host_shadowed_is_called_and_stays(seen: Capture) -> None:
    thread = threading.Thread()
    called: list[str] = []

    def own() -> None:
        called.append(threading.current_thread().name)

    thread.run = own
    with privacylib.scope("request"):
        run(thread)
    assert called == [thread.name]
    assert thread.run is own


def test_starting_twice_raises_as_ever_and_leaves_nothing_behind(seen: Capture) -> None:
    thread = threading.Thread(target=write_open)
    with privacylib.zone("reply"):
        people()
        run(thread)
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
    assert "run" not in vars(thread)
    assert behind(seen) == [(PEOPLE,)]


def test_fault_23_an_ended_thread_pins_nothing(seen: Capture) -> None:
    class Local:
        pass

    def request() -> tuple[threading.Thread, "weakref.ref[object]"]:
        local = Local()
        with privacylib.zone("reply"):
            thread = threading.Thread(target=lambda: local)
            run(thread)
            return thread, weakref.ref(local)

    thread, reference = request()
    assert reference() is None
    assert "run" not in vars(thread)


def test_fault_23_a_frame_dies_with_the_work_it_belongs_to(seen: Capture) -> None:
    def frames() -> int:
        return sum(isinstance(each, Frame) for each in gc.get_objects())

    before = frames()
    with privacylib.zone("reply"):
        threads = [threading.Thread(target=people) for _ in range(3)]
        for thread in threads:
            run(thread)
    assert frames() == before
    assert len(threads) == 3


def test_signature_name_and_identity() -> None:
    hops.uninstall()
    bare = threading.Thread.start
    hops.install()
    try:
        assert threading.Thread.start is not bare
        assert inspect.signature(threading.Thread.start) == inspect.signature(bare)
        assert threading.Thread.start.__name__ == "start"
        assert threading.Thread.start.__doc__ == bare.__doc__
        hops.install()
    finally:
        hops.uninstall()
    assert threading.Thread.start is bare
    hops.install()


def test_before_init_a_thread_is_left_alone() -> None:
    hops.install()
    assert ACTIVE.snapshot is None
    found: list[bool] = []

    class Looking(threading.Thread):
        def run(self) -> None:
            found.append("run" in vars(self))

    run(Looking())
    assert found == [False]
