"""The shortest way of decorated functions says and does what the long way does."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

import privacylib
from privacylib.runtime import faults
from privacylib.testing import capture

USERS, LOG = "postgres://db/app.public.users", "file:///var/log/x.jsonl"


@privacylib.reads(USERS)
def read() -> None: ...


@privacylib.writes(LOG)
def write(during: Callable[[], Any] | None = None) -> None:
    if during is not None:
        during()


def twice(work: Callable[[], Any]) -> Any:
    """The first sight takes the long way, the second the short one."""
    work()
    return work()


def test_a_write_links_to_reads_of_the_same_asset_in_its_scope_and_above() -> None:
    with capture() as seen:
        read()  # of the process
        with privacylib.scope("inner"):
            read()
            twice(write)
    long, short = seen.of("WRITE")
    assert short.links == long.links
    assert len(short.links) == 2


def test_a_write_without_reads_links_to_none() -> None:
    with capture() as seen, privacylib.scope("empty"):
        twice(write)
    assert [record.links for record in seen.of("WRITE")] == [(), ()]


@pytest.mark.pure
@pytest.mark.parametrize("call", [read, write])
def test_an_error_of_ours_while_beginning_is_not_the_hosts(call: Callable[[], Any], monkeypatch: Any) -> None:
    with capture(mode="observe") as seen, privacylib.scope("work"):
        twice(call)
        before = faults.counted.total()

        def fail(*_: object) -> Any:
            raise RuntimeError("ours")

        monkeypatch.setattr("privacylib.context.reads.ReadSet.add", fail)
        monkeypatch.setattr("privacylib.context.reads.ReadSet.visible", fail)
        call()
        assert faults.counted.total() == before + 1
        del seen


@pytest.mark.pure
@pytest.mark.parametrize("call", [read, write])
def test_what_the_hosts_signal_handler_raises_reaches_the_host(call: Callable[[], Any], monkeypatch: Any) -> None:
    def late(*_: object) -> None:
        raise TimeoutError

    def interrupted(*_: object) -> Any:
        signal.raise_signal(signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, late)
    try:
        with capture(), privacylib.scope("work"):
            twice(call)
            monkeypatch.setattr("privacylib.context.reads.ReadSet.add", interrupted)
            monkeypatch.setattr("privacylib.context.reads.ReadSet.visible", interrupted)
            with pytest.raises(TimeoutError):
                call()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_work_that_outlives_a_writes_body_is_in_it_no_longer() -> None:
    opened: list[int] = []
    go, done = threading.Event(), threading.Event()

    def later() -> None:
        from privacylib.context import frame_now

        go.wait(5)
        opened.append(len(frame_now().bodies()))
        done.set()

    def start() -> None:
        threading.Thread(target=later).start()

    with capture(), privacylib.scope("work"):
        for _ in range(2):
            go.clear()
            done.clear()
            write(start)
            go.set()
            assert done.wait(5)
    assert opened == [0, 0]
