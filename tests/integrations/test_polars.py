"""polars under the policy."""
# ruff: noqa: ARG005 - calls as programs make them, of what is patched by then

import asyncio
import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from tests.integrations.conformance import Conformance, Host
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented

pytestmark = pytest.mark.library

pl: Any = pytest.importorskip("polars")

PEOPLE = {"name": ["ana", "bo"], "age": [40, 50]}


class TestConformance(Conformance):
    name = "polars"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        people = pl.DataFrame(PEOPLE)
        yield Host(
            sink=f"file://{directory}/contacts.csv",
            allowed=lambda: people.write_csv(directory / "contacts.csv"),
            refused=lambda: people.write_csv(directory / "plain.csv"),
            arrived=(directory / "plain.csv").exists,
            failing=lambda: pl.read_csv(directory / "nowhere.csv"),
            error=FileNotFoundError,
            streamed=lambda: people.lazy().sink_csv(directory / "contacts.csv"),
        )


class TestDifferential(Differential):
    name = "polars"

    @contextmanager
    def world(self, directory: Path) -> Generator[Path]:
        pl.DataFrame(PEOPLE).write_csv(directory / "a.csv")
        yield directory

    def effects(self, world: Path) -> object:
        return sorted(path.name for path in world.iterdir())

    calls = (
        lambda at: pl.read_csv(at / "a.csv").to_dict(as_series=False),
        lambda at: pl.read_csv(at / "a.csv", columns=["age"]).to_dict(as_series=False),
        lambda at: pl.read_csv(io.BytesIO(b"x\n1\n")).to_dict(as_series=False),
        lambda at: pl.scan_csv(at / "a.csv").__class__,
        lambda at: pl.scan_csv(at / "nowhere.csv").__class__,
        lambda at: pl.scan_csv(at / "nowhere.csv").collect(),
        lambda at: pl.scan_csv(at / "a.csv").filter(pl.col("age") > 40).collect().to_dict(as_series=False),
        lambda at: pl.scan_csv(at / "a.csv").sink_parquet(at / "b.parquet"),
        lambda at: pl.scan_csv(at / "a.csv").select("none").collect(),
        lambda at: pl.collect_all([pl.scan_csv(at / "a.csv")])[0].to_dict(as_series=False),
        lambda at: pl.DataFrame(PEOPLE).write_csv(),
        lambda at: pl.DataFrame(PEOPLE).write_csv(at / "no" / "where.csv"),
        lambda at: pl.read_csv(),
    )


WAYS: dict[str, Callable[[Path, Path], object]] = {
    "csv": lambda source, sink: pl.read_csv(source).write_csv(sink),
    "parquet": lambda source, sink: pl.read_parquet(source).write_parquet(sink),
    "ipc": lambda source, sink: pl.read_ipc(source).write_ipc(sink),
    "ipc_stream": lambda source, sink: pl.read_ipc_stream(source).write_ipc_stream(sink),
    "json": lambda source, sink: pl.read_json(source).write_json(sink),
    "ndjson": lambda source, sink: pl.read_ndjson(source).write_ndjson(sink),
    "avro": lambda source, sink: pl.read_avro(source).write_avro(sink),
    "lazy.csv": lambda source, sink: pl.scan_csv(source).collect().write_csv(sink),
    "lazy.parquet": lambda source, sink: pl.scan_parquet(source).sink_parquet(sink),
    "lazy.ndjson": lambda source, sink: pl.collect_all([pl.scan_ndjson(source)])[0].write_ndjson(sink),
    "lazy.ipc": lambda source, sink: asyncio.run(_awaited(pl.scan_ipc(source))).write_ipc(sink),
}


def _batches(source: Path, sink: Path) -> None:
    def write(batch: Any) -> None:
        batch.write_parquet(sink)

    pl.scan_parquet(source).sink_batches(write)


LATER: dict[str, Callable[[Path, Path], object]] = {
    "batches": _batches,
    "lazy": lambda source, sink: pl.scan_parquet(source).sink_parquet(sink, lazy=True).collect(),
    "lazy.csv": lambda source, sink: pl.scan_parquet(source).sink_csv(sink, lazy=True).collect(),
    "all": lambda source, sink: pl.collect_all([pl.scan_parquet(source).sink_parquet(sink, lazy=True)]),
    "split": lambda source, sink: pl.scan_parquet(source).sink_parquet(pl.PartitionBy(sink, key="name"), mkdir=True),
    "split.lazy": lambda source, sink: (
        pl.scan_parquet(source).sink_parquet(pl.PartitionBy(str(sink), key="name"), mkdir=True, lazy=True).collect()
    ),
    "serialized": lambda source, sink: pl.read_parquet(source).serialize(sink),
    "plan": lambda source, sink: pl.read_parquet(source).lazy().serialize(sink),
    "awaited": lambda source, sink: asyncio.run(_all_awaited(pl.scan_parquet(source))).write_parquet(sink),
}
if hasattr(pl.LazyFrame, "execute"):
    LATER["executed"] = lambda source, sink: pl.scan_parquet(source).execute().lazy().sink_parquet(sink)


async def _awaited(frame: Any) -> Any:
    return await frame.collect_async()


async def _all_awaited(frame: Any) -> Any:
    (found,) = await pl.collect_all_async([frame])
    return found


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


@pytest.mark.parametrize("others", [(), ("files", "pyarrow")], ids=["alone", "all"])
@pytest.mark.parametrize("way", WAYS)
def test_one_record_for_each_file_whatever_else_is_seen(
    here: Watched, tmp_path: Path, way: str, others: tuple[str, ...]
) -> None:
    source, sink = tmp_path / f"a.{way}", tmp_path / f"b.{way}"
    getattr(pl.DataFrame(PEOPLE), f"write_{way.removeprefix('lazy.')}")(source)
    integrations.install(frozenset({"polars", *others}))
    with privacylib.scope("work", fresh=True):
        WAYS[way](source, sink)
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges() if "site-packages" not in edge.source]
    assert edges == [(f"file://{source}", f"file://{sink}", 1)]


@pytest.mark.parametrize("others", [(), ("files", "pyarrow")], ids=["alone", "all"])
@pytest.mark.parametrize("way", LATER)
def test_what_is_written_in_other_ways_is_an_edge_too(
    here: Watched, tmp_path: Path, way: str, others: tuple[str, ...]
) -> None:
    source, sink = tmp_path / "a.parquet", tmp_path / "b"
    pl.DataFrame(PEOPLE).write_parquet(source)
    integrations.install(frozenset({"polars", *others}))
    with privacylib.scope("work", fresh=True):
        LATER[way](source, sink)
    assert {(edge.source, edge.sink) for edge in here.edges()} == {(f"file://{source}", f"file://{sink}")}
    assert sink.exists()


@pytest.mark.parametrize("kind", ["DataFrame", "LazyFrame"])
def test_a_frame_that_was_kept_as_it_is_is_read(here: Watched, tmp_path: Path, kind: str) -> None:
    frame = pl.DataFrame(PEOPLE)
    (frame.lazy() if kind == "LazyFrame" else frame).serialize(tmp_path / "kept")
    integrations.install(frozenset({"polars"}))
    with privacylib.scope("work", fresh=True):
        getattr(pl, kind).deserialize(tmp_path / "kept").lazy().collect().write_csv(tmp_path / "b.csv")
    assert here.pairs() == {(f"file://{tmp_path}/kept", f"file://{tmp_path}/b.csv")}


def test_a_lazy_frame_reads_when_it_is_collected(here: Watched, tmp_path: Path) -> None:
    pl.DataFrame(PEOPLE).write_csv(tmp_path / "contacts.csv")
    integrations.install(frozenset({"polars"}))
    with privacylib.zone("ads"):
        frame = pl.scan_csv(tmp_path / "contacts.csv").filter(pl.col("age") > 40).with_columns(older=pl.col("age") + 1)
        with pytest.raises(PolicyDenied):
            frame.collect()
    with privacylib.zone("reply"):
        assert frame.collect().height == 1


def test_what_a_plan_sinks_is_parsed_unless_data_of_the_program_is_in_it(here: Watched, tmp_path: Path) -> None:
    pl.DataFrame(PEOPLE).write_csv(tmp_path / "a.csv")
    pl.DataFrame(PEOPLE).write_csv(tmp_path / "other.csv")
    integrations.install(frozenset({"polars"}))
    with privacylib.scope("work", fresh=True):
        other = pl.read_csv(tmp_path / "other.csv")
        pl.scan_csv(tmp_path / "a.csv").sink_csv(tmp_path / "b.csv")
        pl.concat([pl.scan_csv(tmp_path / "a.csv"), other.lazy()]).sink_csv(tmp_path / "c.csv")
    evidence = {(edge.source[-9:], edge.sink[-5:]): edge.evidence.value for edge in here.edges()}
    assert {pair[0][-5:]: grade for pair, grade in evidence.items() if pair[1] == "b.csv"}["a.csv"[-5:]] == "parsed"
    assert evidence["other.csv", "c.csv"] == "context"


def test_a_glob_is_the_files_that_it_finds_and_a_directory_is_one_asset(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "set" / "year=2026").mkdir(parents=True)
    for number in range(3):
        pl.DataFrame(PEOPLE).write_csv(tmp_path / f"day{number}.csv")
        pl.DataFrame(PEOPLE).write_parquet(tmp_path / "set" / "year=2026" / f"part-{number}.parquet")
    integrations.install(frozenset({"polars"}))
    with privacylib.scope("work", fresh=True):
        pl.scan_csv(tmp_path / "day*.csv").sink_csv(tmp_path / "b.csv")
        pl.scan_parquet(tmp_path / "set").sink_csv(tmp_path / "c.csv")
    parsed = {(edge.source, edge.sink) for edge in here.edges() if edge.evidence.value == "parsed"}
    days = {(f"file://{tmp_path}/day{number}.csv", f"file://{tmp_path}/b.csv") for number in range(3)}
    assert parsed == days | {(f"file://{tmp_path}/set", f"file://{tmp_path}/c.csv")}


def test_many_files_are_named_by_their_directory(here: Watched, tmp_path: Path) -> None:
    for number in range(40):
        pl.DataFrame(PEOPLE).write_csv(tmp_path / f"day{number}.csv")
    integrations.install(frozenset({"polars"}))
    with privacylib.scope("work", fresh=True):
        pl.read_csv(tmp_path / "day*.csv").write_csv(tmp_path / "all.csv")
    assert here.pairs() == {(f"file://{tmp_path}", f"file://{tmp_path}/all.csv")}
