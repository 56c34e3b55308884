"""A spool among what others do: to its directory, to descriptors, to the entries in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder, adopt, producers, tallies


def record(recorder: Recorder, count: int, name: str = "a") -> int:
    """Return how many records were accepted."""
    flow = recorder.define(Flow(Kind.READ, Asset("file", f"/{name}")))
    return sum(recorder.append(flow, 0, number, 2, recorder.next_span(), 0, bytes(16)) for number in range(count))


def closed(spool: Path, count: int) -> Path:
    """Return the directory of a producer that is over."""
    recorder = Recorder(DirectoryStore(spool), "web", 1 << 10)
    assert record(recorder, count) == count
    recorder.close()
    return spool / recorder.store.producer


def counted(spool: Path) -> int:
    return sum(tally.count for each in producers(spool) for tally in tallies(each).flows.values())


def test_a_descriptor_that_is_the_hosts_by_now_is_not_closed(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from privacylib.recorder import DirectoryStore, Recorder
from tests.recorder.test_surroundings import record

recorder = Recorder(DirectoryStore(Path(sys.argv[1])), "daemon", 1 << 10)
assert record(recorder, 10) == 10
if os.fork():
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
os.closerange(3, 256)
hosts = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
assert record(recorder, 500) == 500
recorder.close()
assert record(recorder, 500) == 500
del recorder
for descriptor in hosts:
    os.fstat(descriptor)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, tmp_path], env=environment, check=True, timeout=60)
    assert counted(tmp_path) == 1010


@pytest.mark.parametrize("odd", ["directory", "elsewhere"])
def test_a_producer_that_cannot_be_removed_keeps_no_other_from_being_folded(tmp_path: Path, odd: str) -> None:
    spool, first = tmp_path / "spool", closed(tmp_path / "spool", 7)
    if odd == "directory":
        (first / "somebody's").mkdir()
    else:
        shutil.move(first, tmp_path / "elsewhere")
        first.symlink_to(tmp_path / "elsewhere")
    for number in range(3):
        closed(spool, 5)
        assert adopt(spool) == (2 if number == 0 else 1)
        assert counted(spool) == 7 + 5 * (number + 1)


def test_a_loop_of_links_costs_no_record(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("missing")
    closed(tmp_path, 5)
    assert counted(tmp_path) == 5


@pytest.mark.parametrize("lost", ["the spool", "the producer"])
def test_a_process_whose_directory_was_removed_goes_on_in_another(tmp_path: Path, lost: str) -> None:
    spool = tmp_path / "spool"
    recorder = Recorder(DirectoryStore(spool), "web", 1 << 10)
    assert record(recorder, 5) == 5
    shutil.rmtree(spool if lost == "the spool" else spool / recorder.store.producer)
    assert record(recorder, 3, "b") == 3
    assert record(recorder, 100) == 100
    recorder.close()
    assert counted(spool) == 103


def test_a_process_goes_on_in_another_directory_once_its_segment_is_full(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 10)
    assert record(recorder, 5) == 5
    shutil.rmtree(tmp_path / recorder.store.producer)
    assert record(recorder, 100) == 100
    recorder.close()
    assert counted(tmp_path) == 90
    assert not recorder.refused
