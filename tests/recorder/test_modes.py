"""What is in a spool is for its owner, and its owner can use it, whatever the umask."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import privacylib
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import Cursor, DirectoryStore, Recorder, adopt, producers, tallies

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

NOBODY = 65_534
UMASKS = [0, 0o022, 0o077, 0o177, 0o277, 0o377, 0o777]


def under(umask: int, work: Callable[[], bool]) -> None:
    """Do something in a child under a umask, as somebody whom permissions stop."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            os.umask(umask)
            if os.getuid() == 0:
                os.setuid(NOBODY)
            done = work()
        finally:
            os._exit(0 if done else 1)
    assert os.waitpid(child, 0)[1] == 0


def modes(spool: Path) -> set[int]:
    """Return which modes there are, of directories and files."""
    return {path.stat().st_mode for path in (spool, *spool.rglob("*"))}


def record(spool: Path, *, close: bool = True) -> bool:
    recorder = Recorder(DirectoryStore(spool), "web", 1 << 10)
    kept = True
    for number in range(200):
        flow = recorder.define(Flow(Kind.READ, Asset("file", f"/{number % 50}")))
        kept = kept and recorder.append(flow, 0, number, 2, recorder.next_span(), 0, bytes(16))
    recorder.store.keep("exported.0.json", Cursor(1 << 20).note(), lasting=True)
    if close:
        recorder.close()
    return kept


@pytest.mark.parametrize("umask", UMASKS)
def test_each_file_is_0600_and_each_directory_0700_and_nothing_is_refused(umask: int) -> None:
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        spool = Path(directory) / "above" / "spool"
        under(umask, lambda: record(spool) and record(spool, close=False))
        assert modes(spool) == {0o40700, 0o100600}
        under(umask, lambda: adopt(spool) == 2)
        assert modes(spool) == {0o40700, 0o100600}
        assert sum(tally.count for each in producers(spool) for tally in tallies(each).flows.values()) == 400


@pytest.mark.parametrize("umask", UMASKS)
def test_a_process_starts_and_signs_under_any_umask(umask: int) -> None:
    def work() -> bool:
        for _ in range(2):  # the second one finds the key
            privacylib.init(spool=spool)
            with privacylib.scope("work"), privacylib.write("file:///a"):
                pass
            privacylib.shutdown()
        return sum(len(list(each.records())) for each in producers(spool)) == 2

    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        spool = Path(directory) / "spool"
        privacylib.init(spool=Path(directory) / "before")  # nobody may read the modules that it imports
        privacylib.shutdown()
        under(umask, work)
        assert modes(spool) == {0o40700, 0o100600}


def test_a_file_that_others_could_read_is_theirs_no_longer_once_it_is_written_to(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    assert recorder.define(Flow(Kind.READ, Asset("file", "/a")))
    flows = tmp_path / recorder.store.producer / "flows.jsonl"
    flows.chmod(0o644)
    assert recorder.define(Flow(Kind.READ, Asset("file", "/b")))
    assert flows.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_was_there_before_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert record(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode for path in tmp_path.rglob("*")} == {0o40700, 0o100600}


def test_what_only_others_may_enter_stops_neither_records_nor_readers() -> None:
    def work() -> bool:
        return record(spool) and adopt(spool) == 1 and len(list(producers(spool))) == 1

    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        spool = Path(directory) / "spool"
        spool.mkdir()
        (spool / "lost+found").mkdir()
        spool.chmod(0o777)
        (spool / "lost+found").chmod(0)
        under(0o022, work)
        (spool / "lost+found").chmod(0o700)
