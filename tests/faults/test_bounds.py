"""Fault 22: tables with a bound lose nothing, and what was refused once is recorded when there is room again."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import privacylib
from privacylib.config import snapshot
from privacylib.context import sources
from privacylib.graph import Graph
from privacylib.policy import engine
from privacylib.recorder import calls, producers, production
from privacylib.runtime import known
from tests.faults.programs import run, total
from tests.recorder.faults import failing

ROUNDS, ASSETS = 3, 40
DISTINCT = 15_000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "spool"
    privacylib.shutdown()


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table of what a host makes up hold a few entries only."""
    for module, name in (
        (known, "REMEMBERED"), (snapshot, "ANSWERS"), (sources, "INTERNED"), (engine, "REMEMBERED"),
        (production, "_MEMO"), (calls, "_CALLED"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 50)


def work(number: int) -> None:
    with privacylib.scope("item", fresh=True):
        name = f"{chr(97 + number // 26)}{chr(97 + number % 26)}"
        for source in (f"s3://in/{name}", "s3://in/common"):
            with privacylib.read(source):
                pass
        with privacylib.write(f"s3://out/{name}"), privacylib.call("http://peer.example.org/x"):
            pass


@pytest.mark.usefixtures("narrow")
def test_fault_22_no_edge_is_lost_where_everything_is_forgotten(spool: Path) -> None:
    privacylib.init(service="s", spool=spool)
    for _ in range(ROUNDS):
        for number in range(ASSETS):
            work(number)
    privacylib.shutdown()
    edges = Graph(producers(spool)).edges()
    counts = Counter[tuple[str, str]]()
    for edge in edges:
        if edge.sink.startswith("s3://out/"):
            counts[edge.source, edge.sink] += edge.count
    of_common = [count for (source, _), count in counts.items() if source == "s3://in/common"]
    of_own = [count for (source, sink), count in counts.items() if source.rpartition("/")[2] == sink.rpartition("/")[2]]
    assert of_common == of_own == [ROUNDS] * ASSETS
    [producer] = producers(spool)
    assert not producer.refused
    assert len(producer.flows) == len({*producer.flows.values()})


def test_fault_22_a_flow_that_is_forgotten_has_the_number_that_it_had(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production, "_MEMO", 50)
    monkeypatch.setattr(snapshot, "ANSWERS", 50)
    privacylib.init(service="s", spool=spool)
    for _ in range(ROUNDS):
        for number in range(ASSETS):
            work(number)
    privacylib.shutdown()
    [producer] = producers(spool)
    assert len(producer.flows) == len({*producer.flows.values()})


MB = 1 << 20


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the resident set is read from /proc")
def test_fault_22_memory_is_bounded_over_distinct_assets_while_the_spool_is_folded(tmp_path: Path) -> None:
    done = run(
        f"""
        from pathlib import Path
        def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        bare = resident()
        os.environ["PRIVACYLIB_SPOOL_MAX"] = "{6 * MB}"
        privacylib.init(spool=spool)
        def work(number):
            name = str(number).translate(str.maketrans("0123456789", "bcdfghjklm"))
            with privacylib.scope("item", fresh=True):
                with privacylib.read(f"postgres://db/app.public.t{{name}}"): pass
                with privacylib.write(f"file:///var/log/l{{name}}.jsonl"): pass
        for number in range({DISTINCT}): work(number)
        print(resident() - bare)
        """,
        tmp_path / "spool",
        timeout=240,
    )
    assert done.stderr == ""
    assert int(done.stdout) < 64 * MB, done.stdout
    assert total(tmp_path / "spool") == 2 * DISTINCT
    assert any(path.stat().st_size for path in (tmp_path / "spool").glob("*/counts.jsonl"))


def test_fault_56_a_flow_that_a_full_disk_refused_is_recorded_when_there_is_room(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production, "_RETRY_S", 0.0)
    privacylib.init(service="s", spool=spool)
    with failing(lambda name: 28 if name == "write" else 0):
        work(0)
    work(0)
    privacylib.shutdown()
    [producer] = producers(spool)
    assert Counter(producer.flows[record.flow].kind.name for record in producer.records()) == {
        "READ": 2, "WRITE": 1, "CALL": 1,
    }  # fmt: skip
    assert producer.refused == {"ENOSPC": 4}  # each record once, and under what refused its definition
