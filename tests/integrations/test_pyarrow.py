"""pyarrow under the policy."""
# ruff: noqa: ARG005 - calls as programs make them, of what is patched by then

import copy
import io
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.families.frames.places import read
from privacylib.graph import load
from privacylib.instrumentation.table import Target
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented

pytestmark = pytest.mark.library

pa: Any = pytest.importorskip("pyarrow")
csv: Any = pytest.importorskip("pyarrow.csv")
dataset: Any = pytest.importorskip("pyarrow.dataset")
feather: Any = pytest.importorskip("pyarrow.feather")
fs: Any = pytest.importorskip("pyarrow.fs")
orc: Any = pytest.importorskip("pyarrow.orc")
json: Any = pytest.importorskip("pyarrow.json")
pq: Any = pytest.importorskip("pyarrow.parquet")

PEOPLE = {"name": ["ana", "bo"], "age": [40, 50]}


def table() -> Any:
    return pa.table(PEOPLE)


def _pieces(sink: Path) -> None:
    with pq.ParquetWriter(sink, table().schema) as writer:
        writer.write_table(table())


class TestConformance(Conformance):
    name = "pyarrow"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        def streamed() -> None:
            _pieces(directory / "contacts.parquet")

        yield Host(
            sink=f"file://{directory}/contacts.parquet",
            allowed=lambda: pq.write_table(table(), directory / "contacts.parquet"),
            refused=lambda: pq.write_table(table(), directory / "plain.parquet"),
            arrived=(directory / "plain.parquet").exists,
            failing=lambda: pq.read_table(directory / "nowhere.parquet"),
            error=FileNotFoundError,
            streamed=streamed,
        )


class TestDifferential(Differential):
    name = "pyarrow"

    @contextmanager
    def world(self, directory: Path) -> Generator[Path]:
        pq.write_table(table(), directory / "a.parquet")
        csv.write_csv(table(), directory / "a.csv")
        yield directory

    def _targets(self) -> list[Target]:
        """Leave out what writers inherit from a class of the interpreter, which pickle looks for there."""
        return [patch for patch in super()._targets() if "Writer.write" not in patch.target]

    def effects(self, world: Path) -> object:
        return sorted(path.name for path in world.iterdir())

    calls = (
        lambda at: pq.read_table(at / "a.parquet").to_pydict(),
        lambda at: pq.read_table(at / "a.parquet", columns=["age"]).to_pydict(),
        lambda at: pq.ParquetFile(at / "a.parquet").read().to_pydict(),
        lambda at: pq.read_table(io.BytesIO((at / "a.parquet").read_bytes())).to_pydict(),
        lambda at: csv.read_csv(at / "a.csv").to_pydict(),
        lambda at: csv.open_csv(at / "a.csv").read_all().to_pydict(),
        lambda at: dataset.dataset(at / "a.parquet").to_table().to_pydict(),
        lambda at: dataset.write_dataset(table(), at / "set", format="parquet"),
        lambda at: feather.write_feather(table(), str(at / "a.feather")),
        lambda at: feather.read_table(at / "a.feather").to_pydict(),
        lambda at: pa.memory_map(str(at / "a.csv")).read(),
        lambda at: pq.read_table(at / "nowhere.parquet"),
        lambda at: pq.write_table(table(), at / "no" / "where.parquet"),
        lambda at: pq.read_table(),
    )


def _dataset(source: Path, sink: Path) -> None:
    dataset.write_dataset(dataset.dataset(source).to_table(), sink, format="parquet")


def _ipc(source: Path, sink: Path) -> None:
    with pa.ipc.open_file(source) as reader, pa.ipc.new_file(sink, reader.schema) as writer:
        writer.write_table(reader.read_all())


def _copied(source: Path, sink: Path) -> None:
    with pa.input_stream(str(source)) as one, pa.output_stream(str(sink)) as other:
        other.write(one.read())


def _by_file(source: Path, sink: Path) -> None:
    with pa.OSFile(str(sink), "wb") as other, pa.OSFile(str(source)) as one:
        other.write(one.read())


def _by_filesystem(source: Path, sink: Path) -> None:
    here: Any = fs.LocalFileSystem()
    with here.open_input_file(str(source)) as one, here.open_output_stream(str(sink)) as other:
        other.write(one.read())


def _by_appending(source: Path, sink: Path) -> None:
    here: Any = fs.LocalFileSystem()
    with here.open_input_stream(str(source)) as one, here.open_append_stream(str(sink)) as other:
        other.write(one.read())


def _by_file_writer(source: Path, sink: Path) -> None:
    with pa.RecordBatchFileWriter(str(sink), table().schema) as writer:
        writer.write_table(pa.RecordBatchFileReader(str(source)).read_all())


def _streamed(at: Path) -> None:
    with pa.ipc.new_stream(at, table().schema) as writer:
        writer.write(table())


def _by_stream_writer(source: Path, sink: Path) -> None:
    with pa.RecordBatchStreamWriter(str(sink), table().schema) as writer:
        writer.write_batch(pa.ipc.open_stream(source).read_all().to_batches()[0])


def _by_paths(source: Path, sink: Path) -> None:
    parquet = dataset.ParquetFileFormat()
    found = dataset.FileSystemDataset.from_paths([str(source)], table().schema, parquet, fs.LocalFileSystem())
    pq.write_table(found.to_table(), sink)


WAYS: dict[str, tuple[Callable[[Path], object], Callable[[Path, Path], object]]] = {
    "parquet": (lambda at: pq.write_table(table(), at), lambda a, b: pq.write_table(pq.read_table(a), b)),
    "file.parquet": (lambda at: pq.write_table(table(), at), lambda a, b: pq.write_table(pq.ParquetFile(a).read(), b)),
    "feather": (
        lambda at: feather.write_feather(table(), str(at)),
        lambda a, b: feather.write_feather(feather.read_table(a), str(b)),
    ),
    "csv": (lambda at: csv.write_csv(table(), at), lambda a, b: csv.write_csv(csv.read_csv(a), b)),
    "orc": (lambda at: orc.write_table(table(), at), lambda a, b: orc.write_table(orc.read_table(str(a)), str(b))),
    "arrow": (lambda at: feather.write_feather(table(), str(at), compression="uncompressed"), _ipc),
    "set": (lambda at: dataset.write_dataset(table(), at, format="parquet"), _dataset),
    "txt": (lambda at: at.write_text("ana"), _copied),
    "os.txt": (lambda at: at.write_text("ana"), _by_file),
    "fs.txt": (lambda at: at.write_text("ana"), _by_filesystem),
    "append.txt": (lambda at: at.write_text("ana"), _by_appending),
    "copied.txt": (lambda at: at.write_text("ana"), lambda a, b: fs.LocalFileSystem().copy_file(str(a), str(b))),
    "moved.txt": (lambda at: at.write_text("ana"), lambda a, b: fs.LocalFileSystem().move(str(a), str(b))),
    "files.txt": (lambda at: at.write_text("ana"), lambda a, b: fs.copy_files(f"file://{a}", f"file://{b}")),
    "file.arrow": (lambda at: feather.write_feather(table(), str(at), compression="uncompressed"), _by_file_writer),
    "stream.arrow": (_streamed, _by_stream_writer),
    "paths.parquet": (lambda at: pq.write_table(table(), at), _by_paths),
}


def test_what_the_library_makes_itself_is_still_of_its_classes(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    with instrumented(tmp_path, "pyarrow"):
        found = fs.FileSystem.from_uri(f"file://{tmp_path}")[0]
        assert isinstance(found, fs.LocalFileSystem)
        assert issubclass(type(found), fs.LocalFileSystem)
        assert fs.LocalFileSystem() == found == copy.copy(fs.LocalFileSystem())
        assert isinstance(dataset.dataset(tmp_path / "a.parquet"), dataset.FileSystemDataset)
        with pa.input_stream(str(tmp_path / "a.parquet")) as stream:
            assert isinstance(stream, pa.OSFile)

        class Own(fs.LocalFileSystem):
            pass

        assert isinstance(Own(), fs.LocalFileSystem)
        assert not isinstance(found, Own)


def test_a_file_of_pyarrow_is_written_until_it_is_closed(here: Watched, tmp_path: Path) -> None:
    integrations.install(frozenset({"pyarrow"}))
    with privacylib.scope("work", fresh=True), privacylib.zone("reply"):
        with pa.OSFile(str(tmp_path / "contacts.txt"), "wb") as file:
            file.write(users().encode())
        writer = pa.RecordBatchFileWriter(str(tmp_path / "plain.arrow"), table().schema)
        with writer, pytest.raises(PolicyDenied):
            writer.write_table(table())
        with pytest.raises(PolicyDenied):
            pa.OSFile(str(tmp_path / "plain.txt"), "wb")
    assert not (tmp_path / "plain.txt").exists()
    assert ("db://users", f"file://{tmp_path}/contacts.txt") in here.pairs()


def test_a_file_that_nobody_closes_ends_when_it_goes(here: Watched, tmp_path: Path) -> None:
    integrations.install(frozenset({"pyarrow"}))
    with privacylib.zone("reply"):
        pa.OSFile(str(tmp_path / "plain.txt"), "wb").write(b"nothing")
        assert users()


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


@pytest.mark.parametrize("others", [(), ("files",)], ids=["alone", "all"])
@pytest.mark.parametrize("way", WAYS)
def test_one_record_for_each_file_whatever_else_is_seen(
    here: Watched, tmp_path: Path, way: str, others: tuple[str, ...]
) -> None:
    make, turn = WAYS[way]
    source, sink = tmp_path / f"a.{way}", tmp_path / f"b.{way}"
    make(source)
    integrations.install(frozenset({"pyarrow", *others}))
    with privacylib.scope("work", fresh=True):
        turn(source, sink)
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges() if "site-packages" not in edge.source]
    assert edges == [(f"file://{source}", f"file://{sink}", 1)]


def test_each_piece_is_written_when_it_is(here: Watched, tmp_path: Path) -> None:
    integrations.install(frozenset({"pyarrow"}))
    with privacylib.zone("reply"), pq.ParquetWriter(tmp_path / "plain.parquet", table().schema) as writer:
        writer.write_table(table())
        users()
        with pytest.raises(PolicyDenied):
            writer.write_table(table())


def test_an_open_file_is_seen_where_it_was_opened(here: Watched, tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    integrations.install(frozenset({"pyarrow", "files"}))
    with privacylib.scope("work", fresh=True):
        with (tmp_path / "a.parquet").open("rb") as file:
            read = pq.read_table(file)
        pq.write_table(read, tmp_path / "b.parquet")
    assert [edge.count for edge in here.edges() if "site-packages" not in edge.source] == [1]


def test_json_is_read(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}\n')
    integrations.install(frozenset({"pyarrow"}))
    with privacylib.scope("work", fresh=True):
        pq.write_table(json.read_json(tmp_path / "a.json"), tmp_path / "b.parquet")
    assert here.pairs() == {(f"file://{tmp_path}/a.json", f"file://{tmp_path}/b.parquet")}


@pytest.mark.parametrize(
    ("given", "filesystem", "expected"),
    [
        ("s3://shop/users/7/x.parquet", None, "s3://shop/users/{id}/x.parquet"),
        ("shop/a.parquet", "s3", "s3://shop/a.parquet"),
        ("gs://shop/year=2026/a.parquet", None, "gs://shop/year={date}/a.parquet"),
        ("/data/a.parquet", "local", "file:///data/a.parquet"),
        ("file:///data/a.parquet", None, "file:///data/a.parquet"),
        (["/data/a", "/data/b"], None, "file:///data/a file:///data/b"),
        (7, None, ""),
        (io.BytesIO(), None, ""),
    ],
)
def test_places(given: object, filesystem: object, expected: str) -> None:
    assert " ".join(one.asset.uri for one in read(given, filesystem=filesystem)) == expected


LATE = """
import sys, privacylib
privacylib.init(spool=sys.argv[1], instrument=["pyarrow"])
import pyarrow, pyarrow.dataset, pyarrow.fs, pyarrow.parquet
with privacylib.scope("work"):
    with pyarrow.fs.LocalFileSystem().open_input_file(sys.argv[2]) as source: source.read()
    with pyarrow.OSFile(sys.argv[3], "w") as sink: sink.write(b"x")
"""


def test_what_is_imported_later_finds_its_own_classes_and_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    command = [sys.executable, "-c", LATE, *(str(tmp_path / name) for name in ("spool", "a", "b"))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(edge.source, edge.sink) for edge in load([tmp_path / "spool"]).edges()] == [
        (f"file://{tmp_path}/a", f"file://{tmp_path}/b")
    ]


def test_where_a_class_of_the_interpreter_is_made_is_no_alias_of_it(tmp_path: Path) -> None:
    code = """
import privacylib
privacylib.init(service="shop", spool="spool", instrument=True)
import pyarrow, pyarrow.fs, pyarrow.dataset
from privacylib.instrumentation import patching
import pyarrow.parquet as pq
pq.write_table(pyarrow.table({"a": [1]}), "a.parquet")
import pyarrow.csv
print(patching.uncovered)
"""
    command, told = [sys.executable, "-c", code], {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, check=True, cwd=tmp_path, env=told, capture_output=True, text=True)
    assert done.stdout == "{}\n"
