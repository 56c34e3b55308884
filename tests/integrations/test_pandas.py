"""pandas under the policy."""
# ruff: noqa: ARG005, PLW0108 - calls as programs make them, of what is patched by then

import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from tests.integrations.conformance import Conformance, Host
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented

pytestmark = pytest.mark.library

pd: Any = pytest.importorskip("pandas")

PEOPLE = {"name": ["ana", "bo"], "age": [40, 50]}


class TestConformance(Conformance):
    name = "pandas"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        people = pd.DataFrame(PEOPLE)
        yield Host(
            sink=f"file://{directory}/contacts.csv",
            allowed=lambda: people.to_csv(directory / "contacts.csv"),
            refused=lambda: people.to_csv(directory / "plain.csv"),
            arrived=(directory / "plain.csv").exists,
            failing=lambda: pd.read_csv(directory / "nowhere.csv"),
            error=FileNotFoundError,
            streamed=lambda: people.to_csv(directory / "contacts.csv", chunksize=1),
        )


class TestDifferential(Differential):
    name = "pandas"

    @contextmanager
    def world(self, directory: Path) -> Generator[Path]:
        pd.DataFrame(PEOPLE).to_csv(directory / "a.csv", index=False)
        yield directory

    def effects(self, world: Path) -> object:
        return sorted(path.name for path in world.iterdir())

    calls = (
        lambda at: pd.read_csv(at / "a.csv").to_dict(),
        lambda at: pd.read_csv(str(at / "a.csv"), usecols=["age"]).to_dict(),
        lambda at: pd.read_csv(io.StringIO("x\n1\n")).to_dict(),
        lambda at: pd.read_csv(at / "a.csv", chunksize=1).__class__,
        lambda at: pd.read_csv(at / "nowhere.csv"),
        lambda at: pd.DataFrame(PEOPLE).to_csv(),
        lambda at: pd.DataFrame(PEOPLE).to_parquet(at / "a.parquet"),
        lambda at: pd.read_parquet(at / "a.parquet").to_dict(),
        lambda at: pd.DataFrame(PEOPLE).to_json(at / "a.json"),
        lambda at: pd.read_json(at / "a.json").to_dict(),
        lambda at: pd.DataFrame(PEOPLE).to_pickle(at / "a.pkl"),
        lambda at: pd.read_pickle(at / "a.pkl").to_dict(),
        lambda at: pd.DataFrame(PEOPLE).to_csv(at / "no" / "where.csv"),
        lambda at: pd.read_csv(),
    )


WAYS: dict[str, tuple[Callable[[Any, Path], object], Callable[[Path], Any]]] = {
    "csv": (lambda frame, at: frame.to_csv(at, index=False), lambda at: pd.read_csv(at)),
    "table": (lambda frame, at: frame.to_csv(at, sep="\t", index=False), lambda at: pd.read_table(at)),
    "json": (lambda frame, at: frame.to_json(at), lambda at: pd.read_json(at)),
    "parquet": (lambda frame, at: frame.to_parquet(at), lambda at: pd.read_parquet(at)),
    "feather": (lambda frame, at: frame.to_feather(at), lambda at: pd.read_feather(at)),
    "orc": (lambda frame, at: frame.to_orc(at), lambda at: pd.read_orc(at)),
    "pkl": (lambda frame, at: frame.to_pickle(at), lambda at: pd.read_pickle(at)),
    "dta": (lambda frame, at: frame.to_stata(at, write_index=False), lambda at: pd.read_stata(at)),
    "csv.gz": (lambda frame, at: frame.to_csv(at, index=False), lambda at: pd.read_csv(at)),
    "partitioned": (lambda frame, at: frame.to_parquet(at, partition_cols=["age"]), lambda at: pd.read_parquet(at)),
}


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


@pytest.mark.parametrize("others", [(), ("files",), ("files", "pyarrow")], ids=["alone", "files", "all"])
@pytest.mark.parametrize("way", WAYS)
def test_one_record_for_each_file_whatever_else_is_seen(
    here: Watched, tmp_path: Path, way: str, others: tuple[str, ...]
) -> None:
    write, read = WAYS[way]
    source, sink = tmp_path / f"a.{way}", tmp_path / f"b.{way}"
    write(pd.DataFrame(PEOPLE), source)
    integrations.install(frozenset({"pandas", *others}))
    with privacylib.scope("work", fresh=True):
        write(read(source), sink)
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges() if "site-packages" not in edge.source]
    assert edges == [(f"file://{source}", f"file://{sink}", 1)]


def test_the_columns_that_are_read_are_named(here: Watched, tmp_path: Path) -> None:
    pd.DataFrame(PEOPLE).to_csv(tmp_path / "people.csv", index=False)
    integrations.install(frozenset({"pandas", "files"}))
    with privacylib.scope("work", fresh=True):
        pd.read_csv(tmp_path / "people.csv", usecols=["age"]).to_json(tmp_path / "ages.json")
    assert here.pairs() == {(f"file://{tmp_path}/people.csv#age", f"file://{tmp_path}/ages.json")}


def test_what_else_is_read_meanwhile_is_seen(here: Watched, tmp_path: Path) -> None:
    pd.DataFrame(PEOPLE).to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "names").write_text("Ana")
    integrations.install(frozenset({"pandas", "files"}))

    def looked_up(name: str) -> str:
        return name + (tmp_path / "names").read_text()

    with privacylib.scope("work", fresh=True):
        read = pd.read_csv(tmp_path / "people.csv", converters={"name": looked_up})
        read.to_json(tmp_path / "out.json")
    assert here.pairs() == {
        (f"file://{tmp_path}/{name}", f"file://{tmp_path}/out.json") for name in ("people.csv", "names")
    }
