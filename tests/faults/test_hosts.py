"""What hosts hand to the library and do around it: objects that block, clocks that step, names without end."""

import contextlib
import gc
import os
import threading
import weakref
from itertools import cycle
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.recorder import producers
from privacylib.runtime import hot
from tests.faults.programs import run, total
from tests.watched import watched

# The full test is PRIVACYLIB_TEST_IDS=1000000.
IDS = int(os.environ.get("PRIVACYLIB_TEST_IDS", "20000"))


class Blocking(Exception):
    """Hold a lock that whoever looks inside waits for."""

    def _wait(self, *_: object) -> str:
        threading.Event().wait()
        return ""

    __repr__ = __str__ = __format__ = _wait  # pyright: ignore[reportAssignmentType]
    __hash__ = __eq__ = __len__ = __iter__ = __bool__ = _wait  # pyright: ignore[reportAssignmentType]


def test_fault_14_nobody_looks_inside_what_the_host_passes(tmp_path: Path) -> None:
    with watched(tmp_path, mode="observe") as seen:

        @privacylib.writes("file:///plain")
        def give(value: Blocking, fail: object = None) -> Blocking:
            if fail is not None:
                raise value
            return value

        value = Blocking()
        answers: list[object] = []

        def work() -> None:
            answers.append(give(value))
            try:
                give(value, fail=1)
            except Blocking as error:
                answers.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(20)
        assert not worker.is_alive()
        assert [answer is value for answer in answers] == [True, True]
        assert total(seen.spool) == 2


def test_fault_13_finalisers_that_write_during_a_storm_of_collections(tmp_path: Path) -> None:
    with watched(tmp_path, mode="observe") as seen:

        class Cycle:
            def __init__(self) -> None:
                self.me = self

            def __del__(self) -> None:
                with privacylib.write("file:///plain-end"):
                    pass

        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            for _ in range(300):
                Cycle()
                with privacylib.write("file:///plain"):
                    pass
        finally:
            gc.set_threshold(*threshold)
            gc.collect()
        assert total(seen.spool) == 600


@pytest.mark.pure
def test_fault_53_a_clock_that_steps_changes_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = 3600 * 10**9
    steps = [0, hour, -hour, 2 * hour, -2 * hour]
    now = cycle(10**18 + step for step in steps)
    monkeypatch.setattr(hot, "time_ns", lambda: next(now))
    with watched(tmp_path, mode="observe") as seen:
        for number in range(6):
            with privacylib.scope("s"), privacylib.write(f"file:///plain{chr(97 + number)}"):
                pass
        [producer] = producers(seen.spool)
        records = list(producer.records())
        names = [producer.flows[record.flow].asset.name for record in records]
        assert names == [f"/plain{letter}" for letter in "abcdef"]
        assert {record.start - 10**18 for record in records} <= set(steps)
        assert [record.start for record in records] != sorted(record.start for record in records)
        assert all(record.duration <= 4 * hour // 1000 for record in records)  # the step's, where it fell inside


def odd_values() -> list[object]:
    """Return values that cannot be written down, or not in a hurry."""
    cycle: list[object] = [float("nan")]
    cycle.append({"me": cycle})
    return ["caf\udce9", float("nan"), cycle, "x" * 10_000_000, b"\xff" * 10_000_000, Blocking()]


def test_fault_19_whatever_value_passes_by_every_record_arrives(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    privacylib.init(exporter=exporter, spool=tmp_path / "spool")

    @privacylib.writes("file:///given")
    def give(value: object, *more: object, **named: object) -> object:
        return value

    values = odd_values()
    try:
        for number in range(250):
            value = values[number % 50] if number % 50 < len(values) else number
            assert give(value, value, key=value) is value
            with privacylib.write("file:///offered") as op:
                op.payload(value)
        assert privacylib.flush(30)
    finally:
        privacylib.shutdown()
    assert len({span.context.span_id for span in exporter.get_finished_spans() if span.context}) == 500


class Local:
    """Stand for what a request holds."""


@privacylib.reads("db://users")
def fail(local: Local) -> None:
    raise ValueError


def request(held: "list[weakref.ref[Local]]", purpose: str) -> None:
    """Fail inside everything that keeps context, and be denied, as a request might; its host handles both."""
    local = Local()
    held.append(weakref.ref(local))
    scope, zone = privacylib.scope("request", fresh=True), privacylib.zone(purpose)
    with contextlib.suppress(ValueError, privacylib.PolicyDenied), scope, zone, privacylib.write("file:///plain"):
        fail(local)


@pytest.mark.parametrize("purpose", ["reply", "ads"])
def test_fault_23_what_a_request_held_dies_with_it(tmp_path: Path, purpose: str) -> None:
    held: list[weakref.ref[Local]] = []
    with watched(tmp_path) as seen:
        gc.disable()  # reference counts alone must do
        try:
            for _ in range(3):
                request(held, purpose)
                worker = threading.Thread(target=request, args=(held, purpose))
                worker.start()
                worker.join()
                assert [reference() for reference in held] == [None] * len(held)
        finally:
            gc.enable()
        assert total(seen.spool) > 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the resident set is read from /proc")
def test_fault_22_memory_is_flat_over_names_without_end(tmp_path: Path) -> None:
    done = run(
        f"""
        from pathlib import Path
        def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        privacylib.init(spool=spool)
        def work(number):
            with privacylib.scope("request"):
                with privacylib.read(f"postgres://db/app/users/{{number}}"): pass
                with privacylib.write(f"s3://photos/{{number}}/face.jpg"): pass
        first = 10_000  # a directory that is a year keeps its name, and these are none
        for number in range({IDS} // 4): work(first + number)
        warm = resident()
        for number in range({IDS} // 4, {IDS}): work(first + number)
        print(resident() - warm)
        """,
        tmp_path / "spool",
        timeout=60 + IDS / 1000,
    )
    assert done.stderr == ""
    assert int(done.stdout) < 8 << 20, done.stdout
    assert total(tmp_path / "spool") == 2 * IDS
    assert sum(len(producer.flows) for producer in producers(tmp_path / "spool")) < 10
