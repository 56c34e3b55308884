"""The disk fails as it likes: what was accepted is kept, what is refused is counted, and nothing is raised."""

import errno
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder, adopt, producers, tallies
from privacylib.recorder import production as producing
from privacylib.recorder.storing.store import allocate
from tests.recorder.faults import SHORT, WRITING, at, failing

KEY = bytes(range(16))
FLOWS = [Flow(Kind.WRITE, Asset("file", f"/{number}")) for number in range(5)]
CAUSES = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EINTR, errno.EROFS, SHORT)

struck = st.dictionaries(st.integers(0, 40), st.sampled_from(CAUSES), max_size=12)
"""Which calls of `WRITING` fail, counted from the first one on, and how."""

steps = st.lists(st.tuples(st.sampled_from(["record", "links", "close"]), st.integers(0, 4)), max_size=60)


@pytest.fixture(autouse=True)
def _asking_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the disk again at once, so that a test need not wait for it."""
    monkeypatch.setattr(producing, "_RETRY_S", 0.0)


class Host:
    """Record, and remember what was said."""

    def __init__(self, spool: Path, segment_size: int, cap: int) -> None:
        self.recorder = Recorder(DirectoryStore(spool), "web", segment_size, cap)
        self.accepted: list[int] = []
        self.refused = 0
        self._counted = 0
        self._closed = False
        self._spans = iter(range(1, 10**9))

    def record(self, flow: Flow, links: tuple[int, ...] = ()) -> None:
        self._closed = False
        span = next(self._spans)
        number = self.recorder.define(flow)
        if self.recorder.append(number, 0, 1, 2, span, 0, KEY, links):
            self.accepted.append(span)
        else:
            self.refused += 1

    def close(self) -> None:
        self._counted = self.counted()
        self._closed = True
        self.recorder.close()

    def counted(self) -> int:
        return self._counted + (0 if self._closed else sum(self.recorder.refused.values()))


def recorded(spool: Path) -> int:
    found = 0
    for producer in producers(spool):
        counted = tallies(producer).flows
        assert counted.keys() <= producer.flows.keys()  # what was accepted can be told apart
        found += sum(tally.count for tally in counted.values())
    return found


@given(steps, struck, st.sampled_from([256, 1024]))
def test_fault_56_whatever_fails_nothing_accepted_is_lost(
    wanted: list[tuple[str, int]], strikes: dict[int, int], segment_size: int
) -> None:
    calls = iter(range(10**9))

    def strike(name: str) -> int:
        return strikes.get(next(calls), 0) if name in WRITING else 0

    spool = Path(tempfile.mkdtemp())
    host = Host(spool, segment_size, 1 << 16)
    with failing(strike):
        for step, number in wanted:
            if step == "close":
                host.close()
            else:
                host.record(FLOWS[number], (1, 2, 3) if step == "links" else ())
    assert host.counted() == host.refused
    assert recorded(spool) == len(host.accepted)
    shutil.rmtree(spool, ignore_errors=True)  # a thread may be folding there


@pytest.mark.parametrize("cause", CAUSES)
def test_fault_56_each_call_fails_once_and_each_refusal_is_counted(tmp_path: Path, cause: int) -> None:
    for number in range(60):
        spool = tmp_path / str(number)
        host = Host(spool, 1024, 1 << 16)
        with failing(at(number, cause)):
            for count in range(100):
                host.record(FLOWS[count % 5])
        assert sum(host.recorder.refused.values()) == host.refused
        kept = [record.span for producer in producers(spool) for record in producer.records()]
        assert sorted(kept) == host.accepted
        assert recorded(spool) == len(kept)
        assert len(host.accepted) >= 98


def test_fault_56_the_board_tells_what_a_living_process_refused(tmp_path: Path) -> None:
    host = Host(tmp_path, 512, 1 << 20)
    host.record(FLOWS[0])

    def strike(name: str) -> int:
        return errno.ENOSPC if name == "posix_fallocate" else 0

    with failing(strike):
        for _ in range(100):
            host.record(FLOWS[0])
    assert host.refused > 90
    [producer] = producers(tmp_path)
    assert producer.refused == host.recorder.refused == {"ENOSPC": host.refused}


@pytest.mark.parametrize("call", ["truncate", "open", "write", "replace", "rename"])
def test_fault_56_a_close_that_a_full_disk_lets_fail_refuses_no_record(tmp_path: Path, call: str) -> None:
    host = Host(tmp_path, 512, 1 << 20)
    for _ in range(10):
        host.record(FLOWS[0])
    with failing(lambda name: errno.ENOSPC if name == call else 0):
        host.recorder.close()
    [producer] = producers(tmp_path)
    assert producer.refused == host.recorder.refused == {}
    assert recorded(tmp_path) == len(host.accepted) == 10


@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EIO, SHORT])
def test_fault_56_folding_that_fails_leaves_all_as_it_was(tmp_path: Path, cause: int) -> None:
    for _ in range(3):
        host = Host(tmp_path, 512, 1 << 20)
        for count in range(20):
            host.record(FLOWS[count % 5])
        host.close()
    for number in range(100):
        with failing(at(number, cause)), suppress(OSError):
            adopt(tmp_path)
        assert recorded(tmp_path) == 60
        if len(list(producers(tmp_path))) == 1:
            break
    assert len(list(producers(tmp_path))) == 1


@pytest.mark.slow
def test_fault_56_a_large_backlog_is_opened_and_folded_under_a_memory_cap(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", cap=1 << 30)
    call = recorder.define(Flow(Kind.CALL, Asset("http://gateway", "ask")))
    for _ in range(700_000):  # 45 MB
        assert recorder.append(call, 0, 1, 2, recorder.call_span(call), 0, KEY)
    recorder.close()
    code = f"""
import resource, sys
from pathlib import Path
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import Cursor, DirectoryStore, Producer, Recorder, adopt, producers, tallies
spool = Path(sys.argv[1])
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {24 << 20},) * 2)
recorder = Recorder(DirectoryStore(spool), "web")
assert recorder.append(recorder.define(Flow(Kind.READ, Asset("file", "/a"))), 0, 1, 2, 3, 0, bytes(16))
[old] = [producer for producer in producers(spool) if producer.id != recorder.store.producer]
batch, cursor = old.read(Cursor(), 512)
assert len(batch) == 512
assert adopt(spool) == 1
print(sum(tally.count for producer in producers(spool) for tally in tallies(producer).flows.values()))
"""
    ended = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("700001\n", "")


@pytest.mark.slow
def test_fault_56_a_large_backlog_is_exported_under_a_memory_cap(tmp_path: Path) -> None:
    """Of many records, and of flows whose definitions alone take more than there is."""
    recorder = Recorder(DirectoryStore(tmp_path), "web", cap=1 << 30)
    for number in range(20_000):
        flow = recorder.define(Flow(Kind.READ, Asset("file", f"/{number}" + "x" * 2_000)))  # 45 MB
        for _ in range(5):
            assert recorder.append(flow, 0, 1, 2, recorder.next_span(), 0, KEY)
    recorder.close()
    code = f"""
import resource, sys
from pathlib import Path
from privacylib.exporters import Detail
from privacylib.exporters.places import Place
from privacylib.recorder import producers
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {40 << 20},) * 2)
[old] = producers(Path(sys.argv[1]))
place, spans, last = Place(old.store, 0, Detail.EACH), 0, False
while not last:
    batch = place.next()
    spans, last = spans + sum(bool(span.attributes) for span in batch.spans), batch.last
    place.taken(batch, [])
print(spans)
"""
    ended = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("100000\n", "")


def test_where_no_large_segment_fits_small_ones_are_filled(tmp_path: Path) -> None:
    free = 1 << 20

    def reserve(descriptor: int, size: int) -> None:
        nonlocal free
        if size > free:
            raise OSError(errno.ENOSPC, "full")
        free -= size
        allocate(descriptor, size)

    recorder = Recorder(DirectoryStore(tmp_path, None, reserve), "web", 1 << 20)
    number = recorder.define(FLOWS[0])
    accepted = sum(recorder.append(number, 0, 1, 2, recorder.next_span(), 0, KEY) for _ in range(20_000))
    assert free < 3 * 4096  # nothing is left in which a segment fits beside its room for the boards
    assert accepted > 0.95 * (1 << 20) / 64
    assert recorder.refused == {"ENOSPC": 20_000 - accepted}
    free = 1 << 30
    assert sum(recorder.append(number, 0, 1, 2, recorder.next_span(), 0, KEY) for _ in range(100_000)) == 100_000
    assert recorder.store.size(recorder.store.numbers()[-1]) == 1 << 20  # it grows again
    assert recorded(tmp_path) == accepted + 100_000
