"""One process at a time exports a producer, and none is left alone."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from privacylib.exporters.holdings import Holding, Holdings
from privacylib.exporters.places import note_of
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import Cursor, DirectoryStore, Recorder, adopt, producers

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

READ = Flow(Kind.READ, Asset("file", "/a"))


def recorder(spool: Path, count: int = 1) -> Recorder:
    made = Recorder(DirectoryStore(spool), "web")
    for number in range(count):
        assert made.append(made.define(READ), 0, number, 2, made.next_span(), 0, bytes(range(16)))
    return made


def found(holdings: Holdings) -> set[str]:
    holdings.look()
    return {holding.store.producer for holding in holdings}


def others(spool: Path, *, living: bool = False) -> Holdings:
    return Holdings([spool], 1, living=living, every=0)


def test_only_what_is_over_is_taken_unless_the_living_are_asked_for(tmp_path: Path) -> None:
    living, closed = recorder(tmp_path), recorder(tmp_path)
    closed.close()
    assert found(others(tmp_path)) == {closed.store.producer}
    assert found(others(tmp_path, living=True)) == {living.store.producer, closed.store.producer}


def test_what_one_holds_no_other_gets_until_it_is_released(tmp_path: Path) -> None:
    recorder(tmp_path).close()
    first, second = others(tmp_path), others(tmp_path)
    assert found(first)
    assert not found(second)
    first.release()
    assert found(second)


def test_what_is_held_is_not_folded_into_another(tmp_path: Path) -> None:
    recorder(tmp_path).close()
    holdings = others(tmp_path)
    assert found(holdings)
    assert adopt(tmp_path) == 0
    holdings.release()
    assert adopt(tmp_path) == 1


def test_a_producer_of_which_everything_was_exported_is_not_taken_again(tmp_path: Path) -> None:
    recorder(tmp_path).close()
    holdings = others(tmp_path)
    assert found(holdings)
    (holding,) = holdings
    holding.store.keep(note_of(0), Cursor(0, 2).note())
    holdings.drop(holding, 0)
    assert not found(holdings)
    assert not found(others(tmp_path))


def test_a_process_with_an_exporter_gets_its_producer_back(tmp_path: Path) -> None:
    own = recorder(tmp_path)
    drain = others(tmp_path, living=True)
    assert found(drain)
    mine = Holding(own.store, 1)
    assert not mine.take_own()
    (held,) = drain
    assert held.wanted
    drain.drop(held, 0)
    assert not found(drain)
    assert mine.take_own()
    assert not held.wanted


def test_the_places_of_exporters_that_are_gone_are_given_up_when_others_have_everything(tmp_path: Path) -> None:
    own = recorder(tmp_path)
    for number in range(3):
        own.store.keep(note_of(number), Cursor().note())
    own.close()
    holdings = others(tmp_path)
    assert found(holdings)
    (holding,) = holdings
    holding.store.keep(note_of(0), Cursor(0, 3).note())
    assert adopt(tmp_path) == 0
    holdings.drop(holding, 0)
    assert adopt(tmp_path) == 1
    (heir,) = producers(tmp_path)
    assert heir.meta["exported"]


def test_fault_01_a_child_does_not_hold_what_its_parent_holds(tmp_path: Path) -> None:
    recorder(tmp_path).close()
    holdings = others(tmp_path)
    assert found(holdings)
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ready[1], b"1")
        os.read(go[0], 1)
        os._exit(0)
    try:
        os.read(ready[0], 1)
        holdings.release()
        assert found(others(tmp_path))
    finally:
        os.write(go[1], b"1")
        os.waitpid(child, 0)
        for end in (*ready, *go):
            os.close(end)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    recorder(tmp_path).close()
    child = os.fork()
    if child == 0:
        found(others(tmp_path))
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    until(lambda: bool(found(others(tmp_path))))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_spool_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert not found(others(tmp_path / "nowhere"))


def test_what_was_recorded_after_one_exporter_left_is_not_left_behind(tmp_path: Path) -> None:
    own = recorder(tmp_path)
    drain = Holdings([tmp_path], 2, living=True, every=0)
    assert found(drain)
    (held,) = drain
    assert not Holding(own.store, 1).take_own()
    for number in range(2):
        own.store.keep(note_of(number), Cursor(0, 2).note())
    drain.drop(held, 0)
    assert own.append(own.define(READ), 0, 9, 2, own.next_span(), 0, bytes(range(16)))
    own.close()
    drain.look()
    assert held.over
    drain.drop(held, 1)
    assert found(drain)
