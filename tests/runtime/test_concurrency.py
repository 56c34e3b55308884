"""Threads that share a scope: no read, no label and no open write is lost, whoever does what at once."""

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import privacylib
from privacylib.context import WIDEST, ReadSet, SourceSet
from privacylib.context import sources as tables
from privacylib.model import Asset, Source
from privacylib.testing import Capture, capture
from tests.runtime.world import LOG, only, read, write

THREADS = 8


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], object], count: int = THREADS) -> None:
    """Run work in threads that start together."""
    together, raised = threading.Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        together.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in raised:
        raise error


def source(number: int, label: str = "A", namespace: str = "s3://many") -> Source:
    return Source(Asset(namespace, f"part-{number:06}"), None, frozenset({label}))


def label_of(thread: int) -> str:
    return f"L{thread}"


POLICY: dict[str, Any] = {
    "labels": {label_of(thread): {} for thread in range(THREADS)},
    "assets": [{"match": f"s3://t{thread}/*", "labels": [label_of(thread)]} for thread in range(THREADS)],
}


def test_no_read_of_a_shared_scope_is_lost() -> None:
    with capture(POLICY) as seen:
        with privacylib.scope("shared"):
            at_once(lambda thread: [read(f"s3://t{thread}/part-x{number}y") for number in range(100)])
            write(LOG)
        written = only(seen.of("WRITE"))
    assert len(written.sources) == THREADS * 100
    assert written.labels == {label_of(number) for number in range(THREADS)}


def test_no_label_is_lost_while_a_scope_comes_to_name_namespaces() -> None:
    """Each thread sees its own labels at once, in whatever state the others have the table."""
    for _ in range(20):
        reads = ReadSet(bytes(16))
        for number in range(WIDEST - 20):
            reads.add(source(number), number)

        def work(thread: int, reads: ReadSet = reads) -> None:
            for number in range(10):
                reads.add(source(thread * 100 + number, label_of(thread), f"s3://t{thread}"), number)
                seen = reads.visible()
                assert label_of(thread) in seen.labels
                assert "A" in seen.labels

        at_once(work)
        assert reads.visible().labels == {"A", *map(label_of, range(THREADS))}
        assert {each.asset.name for each in reads.visible().members} == {"{…}"}


def test_isolated_scopes_left_at_once_all_return_their_reads() -> None:
    for _ in range(50):
        with capture(POLICY) as seen, privacylib.scope("gather"):

            def work(thread: int) -> None:
                with privacylib.scope("job", isolated=True):
                    read(f"s3://t{thread}/one")

            at_once(work)
            write(LOG)
            assert len(only(seen.of("WRITE")).sources) == THREADS


def test_a_reader_sees_its_own_reads_at_every_write(observed: Capture) -> None:
    with privacylib.scope("shared"):

        def work(thread: int) -> None:
            for number in range(20):
                asset = f"s3://t{thread}/part-x{number}y"
                read(asset)
                assert asset in privacylib.current().reads

        at_once(work)


def test_source_sets_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 22: scopes that each read other assets do not pile up."""
    monkeypatch.setattr(tables, "INTERNED", 2_000)
    for scope in range(200):
        reads = ReadSet(bytes(16))
        for number in range(30):
            reads.add(source(scope * 1000 + number, namespace="s3://bound"), number)
        assert len(reads.visible().members) == 30
        assert sum(len(each.members) for each in tables.Interned.table.values()) <= 2_100
    assert SourceSet.of(()) is tables.EMPTY
