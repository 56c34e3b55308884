"""``privacylib drain``: what any process left is exported by another one, once, and by one at a time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from privacylib.recorder import producers
from tests.exporters.receiver import Receiver, receiving, texts

pytestmark = pytest.mark.any_python

PROGRAM = """
import os, sys, time, privacylib
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
spool, first, count, how = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
class Down(SpanExporter):
    def export(self, spans): return SpanExportResult.FAILURE
privacylib.init(service="shop", spool=spool, exporter=Down() if "down" in how else None)
for number in range(first, first + count):
    with privacylib.scope("order"), privacylib.write(f"file:///r{number}"): pass
if "killed" in how: os.kill(os.getpid(), 9)
print(flush=True)
if "alive" in how: sys.stdin.readline()
"""

FACTORY = """
import os
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
class Appending(SpanExporter):
    def export(self, spans):
        lines = []
        for span in spans:
            said = span.attributes
            lines.append(f"{span.name} {said['privacylib.producer']} {said['privacylib.sequence']}\\n")
        with open(os.environ["ARRIVED"], "ab", 0) as out:
            out.write("".join(lines).encode())  # at once: a kill leaves no half of a line
        return SpanExportResult.SUCCESS
    def shutdown(self): pass
class Failing(Appending):
    def export(self, spans): return SpanExportResult.FAILURE
class Hanging(Appending):
    def export(self, spans):
        from concurrent.futures import ThreadPoolExecutor
        from time import sleep
        return ThreadPoolExecutor().submit(sleep, 100).result()  # which Python waits for at its end
class Cancelled(Appending):
    asked = 0
    def export(self, spans):
        from asyncio import CancelledError
        Cancelled.asked += 1
        if Cancelled.asked == 1: raise CancelledError
        return super().export(spans)
class Ending(Appending):
    def export(self, spans): raise SystemExit(0)
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Generator[Receiver, None, None]:
    with receiving() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.endpoint)
        yield found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "factories.py").write_text(FACTORY)
    monkeypatch.setenv("ARRIVED", str(tmp_path / "arrived"))
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2]}{os.pathsep}{tmp_path}")
    return tmp_path


def left(spool: Path, first: int, count: int, how: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(spool), str(first), str(count), how]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    if "alive" not in how:
        process.communicate()
    return process


def drain(*arguments: object, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "privacylib.cli", "drain", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )


def drained(*arguments: object, env: dict[str, str] | None = None, status: int = 0) -> dict[str, Any]:
    process = drain(*arguments, "--json", env=env)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    return json.loads(out)


def arrived(here: Path) -> list[str]:
    return [line.split()[1] for line in (here / "arrived").read_text().splitlines()]


def names(*numbers: int) -> list[str]:
    return [f"/r{number}" for number in numbers]


def test_closed_killed_and_living_producers_arrive_once(here: Path, receiver: Receiver) -> None:
    one, two = here / "one", here / "two"
    left(one, 0, 10)
    left(one, 10, 700, "killed")
    living = left(two, 710, 10, "alive")
    told = drained("--spool", one, "--spool", two)
    assert told["exporters"][0] | {"spans": 720, "quarantined": 0, "complete": True} == told["exporters"][0]
    assert Counter(span.name for span in receiver.spans) == Counter(f"WRITE {name}" for name in names(*range(720)))
    numbered = {(texts(span.attributes)["privacylib.producer"], sequence(span)) for span in receiver.spans}
    assert len(numbered) == 720
    assert drained("--spool", one, "--spool", two)["exporters"][0]["spans"] == 0
    living.communicate("\n")
    left(one, 1000, 3)
    assert drained("--spool", one, "--spool", two)["exporters"][0]["spans"] == 3


def test_a_damaged_meta_keeps_no_record_from_the_exporter(here: Path) -> None:
    spool = here / "spool"
    left(spool, 0, 10, "killed")
    (meta,) = spool.glob("*/meta.json")
    meta.write_bytes(meta.read_bytes().replace(b"crc", b"\x7frc"))
    assert drained("--spool", spool, "--exporter", "factories:Appending")["exporters"][0]["spans"] == 10


def sequence(span: Any) -> int:
    return next(each.value.int_value for each in span.attributes if each.key == "privacylib.sequence")


def test_what_an_exporter_of_its_own_did_not_take_is_taken_over(here: Path) -> None:
    left(here / "spool", 0, 600, "down")
    left(here / "spool", 600, 600, "down killed")
    drained("--spool", here / "spool", "--exporter", "factories:Appending")
    assert sorted(arrived(here)) == sorted(names(*range(1200)))


def test_a_living_process_keeps_its_own_exporter(here: Path) -> None:
    living = left(here / "spool", 0, 5, "down alive")
    deadline = time.monotonic() + 10
    while not list((here / "spool").glob("*/exporting.lock")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    told = drained("--spool", here / "spool", "--exporter", "factories:Appending")
    assert told["exporters"][0]["spans"] == 0
    living.communicate("\n")
    drained("--spool", here / "spool", "--exporter", "factories:Appending")
    assert arrived(here) == names(*range(5))


def test_two_drains_never_take_the_same_producer(here: Path) -> None:
    for first in range(0, 2000, 200):
        left(here / "spool", first, 200, "killed")
    both = [drain("--spool", here / "spool", "--exporter", "factories:Appending", "--json") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    assert sorted(arrived(here)) == sorted(names(*range(2000)))


def test_two_drains_share_living_and_dead_producers_and_every_record_arrives_once(here: Path) -> None:
    for first in range(0, 600, 100):
        left(here / "spool", first, 100, "killed")
    living = [left(here / "spool", first, 100, "alive") for first in (600, 700)]
    both = [drain("--spool", here / "spool", "--exporter", "factories:Appending") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(arrived(here)) == sorted(names(*range(800)))
    for process in living:
        process.communicate("\n")
    drained("--spool", here / "spool", "--exporter", "factories:Appending")
    assert len(arrived(here)) == 800


def test_a_drain_that_follows_ends_cleanly_when_it_is_told_to(here: Path) -> None:
    left(here / "spool", 0, 3)
    following = drain("--spool", here / "spool", "--exporter", "factories:Appending", "--follow", "--json")
    until(here, 3)
    living = left(here / "spool", 3, 3, "alive")
    until(here, 6)
    following.send_signal(signal.SIGTERM)
    out, err = following.communicate(timeout=30)
    assert (following.returncode, err) == (0, "")
    assert json.loads(out)["exporters"][0]["spans"] == 6
    living.communicate("\n")


def test_a_drain_that_follows_waits_for_a_spool_that_is_made_later(here: Path) -> None:
    following = drain("--spool", here / "spool", "--exporter", "factories:Appending", "--follow", "--json")
    time.sleep(0.5)  # it would have ended in the meantime
    left(here / "spool", 0, 3)
    until(here, 3)
    following.send_signal(signal.SIGTERM)
    _, err = following.communicate(timeout=30)
    assert (following.returncode, err) == (0, "")
    process = drain("--spool", here / "nowhere", "--exporter", "factories:Appending")
    assert "there is no spool" in process.communicate(timeout=30)[1]
    assert process.returncode == 1


def test_an_exporter_that_hangs_has_its_time_and_does_not_hold_up_another(here: Path) -> None:
    left(here / "spool", 0, 3)
    began = time.monotonic()
    told = drained(
        "--spool", here / "spool", "--exporter", "factories:Hanging", "--exporter", "factories:Appending",
        "--timeout", "1", status=1,
    )  # fmt: skip
    assert time.monotonic() - began < 30
    assert [each["complete"] for each in told["exporters"]] == [False, True]
    assert arrived(here) == names(0, 1, 2)


def test_an_exporter_that_is_cancelled_once_is_asked_again(here: Path) -> None:
    left(here / "spool", 0, 3)
    told = drained("--spool", here / "spool", "--exporter", "factories:Cancelled")
    assert told["exporters"][0]["complete"]
    assert told["errors"] == {"exporting:CancelledError": 1}
    assert arrived(here) == names(0, 1, 2)


@pytest.mark.parametrize("way", ["--once", "--follow"])
def test_an_exporter_that_ends_has_completed_nothing(here: Path, way: str) -> None:
    left(here / "spool", 0, 3)
    told = drained("--spool", here / "spool", "--exporter", "factories:Ending", way, status=1)
    assert told["exporters"][0] == {"exporter": "Ending", "spans": 0, "quarantined": 0, "complete": False}


def until(here: Path, count: int) -> None:
    deadline = time.monotonic() + 30
    while not (here / "arrived").exists() or len(arrived(here)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_drain_loses_nothing_and_repeats_are_known_by_their_numbers(here: Path) -> None:
    left(here / "spool", 0, 6000)
    for _ in range(3):
        process = drain("--spool", here / "spool", "--exporter", "factories:Appending")
        while process.poll() is None and not (here / "arrived").exists():
            time.sleep(0.005)
        process.kill()
        process.communicate()
    drained("--spool", here / "spool", "--exporter", "factories:Appending")
    assert set(arrived(here)) == set(names(*range(6000)))
    lines = (here / "arrived").read_text().splitlines()
    assert len({line.split(" ", 2)[2] for line in lines}) == 6000


def test_what_cannot_be_exported_stays_and_is_a_status(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from privacylib import cli
    from privacylib.exporters import retries

    monkeypatch.setattr(retries, "SHORTEST", 0.001)
    monkeypatch.setattr(sys, "path", [str(here), *sys.path])
    left(here / "spool", 0, 3)
    spool = ("--spool", str(here / "spool"))
    assert cli.main(["drain", *spool, "--exporter", "factories:Failing"]) == 1
    assert cli.main(["drain", *spool, "--exporter", "factories:Appending"]) == 0
    assert arrived(here) == names(0, 1, 2)


def test_with_several_exporters_each_gets_everything(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    left(here / "spool", 0, 3)
    told = drained("--spool", here / "spool", "--exporter", "factories:Appending", "--exporter", "console")
    assert [row["spans"] for row in told["exporters"]] == [3, 3]


def test_flows_with_counts_tell_all_that_happened(here: Path) -> None:
    left(here / "spool", 0, 30)
    told = drained("--spool", here / "spool", "--exporter", "factories:Appending", env={"PRIVACYLIB_SPANS": "flows"})
    assert told["exporters"][0]["spans"] == 30
    assert len(list(producers(here / "spool"))) == 1


@pytest.mark.parametrize("name", ["nothing", "json:JSONDecoder", "none"])
def test_what_is_no_exporter_is_named(here: Path, name: str) -> None:
    left(here / "spool", 0, 1)
    process = drain("--spool", here / "spool", "--exporter", name)
    assert "exporter" in process.communicate()[1]
    assert process.returncode == 1
