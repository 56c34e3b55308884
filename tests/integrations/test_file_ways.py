"""Files in all the ways that the standard library has of reading, writing, moving and linking them."""
# ruff: noqa: ARG005, PLW0108, PTH104, PTH105, PTH123, PTH211, SIM115, UP020 - these are ways that programs take

import bz2
import gzip
import io
import lzma
import os
import pickle
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied
from privacylib.instrumentation.table import Target
from tests.integrations.conformance import users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented

OPENER: Any = io
SYSTEM: Any = os
COPIER: Any = shutil
"""Without their types, for calls that are wrong."""


class TestDifferential(Differential):
    name = "files"

    @contextmanager
    def world(self, directory: Path) -> Generator[Path]:
        (directory / "a").write_text("ana")
        yield directory

    def _targets(self) -> list[Target]:
        """Leave out a private class of Python 3.10, which holds functions as its own."""
        return [patch for patch in super()._targets() if "_NormalAccessor" not in patch.target]

    def effects(self, world: Path) -> object:
        return sorted(path.name for path in world.iterdir())

    calls = (
        lambda at: (at / "a").read_text(),
        lambda at: (at / "b").write_text("bo"),
        lambda at: (at / "b").rename(at / "c"),
        lambda at: os.replace(at / "c", at / "d"),
        lambda at: os.rename(at / "nowhere", at / "x"),
        lambda at: (at / "link").symlink_to("a"),
        lambda at: (at / "hard").hardlink_to(at / "a"),
        lambda at: shutil.copyfile(at / "a", at / "copy"),
        lambda at: shutil.copyfile(at / "a", at / "a"),
        lambda at: shutil.move(str(at / "copy"), str(at / "moved")),
        lambda at: shutil.copytree(at, at / "tree"),
        lambda at: os.open(at / "nowhere", os.O_RDONLY),
        lambda at: open(object()),  # type: ignore[call-overload] - the library says no
        lambda at: os.write(-1, b""),
        lambda at: os.write("x", b""),  # type: ignore[arg-type] - likewise
        lambda at: os.rename(),  # type: ignore[call-arg] - likewise
        lambda at: gzip.open(at / "z.gz", "wt").close(),
        lambda at: io.open(at / "e", "w", newline="").close(),
    )
    wrong = (
        lambda at: OPENER.open(),
        lambda at: OPENER.open(1.5),
        lambda at: OPENER.open(at / "a", 5),
        lambda at: OPENER.open(at / "a", None),
        lambda at: SYSTEM.open(1.5, SYSTEM.O_RDONLY),
        lambda at: SYSTEM.open(at / "a"),
        lambda at: SYSTEM.open(at / "a", "w"),
        lambda at: SYSTEM.rename(1.5, at / "b"),
        lambda at: SYSTEM.replace(at / "a", 1.5),
        lambda at: SYSTEM.link(at / "a"),
        lambda at: SYSTEM.symlink(at / "a", None),
        lambda at: COPIER.copyfile(None, at / "b"),
        lambda at: OPENER.open(at / "a", encoding=5),
        lambda at: SYSTEM.write(None, b""),
        lambda at: SYSTEM.sendfile(1.5, 2.5, 0, 1),
        lambda at: SYSTEM.splice(1.5, 2.5, 1),
        lambda at: SYSTEM.copy_file_range(1.5, 2.5, 1),
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "files") as found:
        yield found


def _zipped(source: Path, sink: Path) -> None:
    with zipfile.ZipFile(sink, "w") as archive:
        archive.write(source)


def _packed(file: Any, source: Path) -> None:
    with file:
        file.write(source.read_bytes())


def _tarred(source: Path, sink: Path) -> None:
    with tarfile.open(sink, "w") as archive:
        archive.add(source)


def _made(source: Path, sink: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=sink.parent)
    with open(descriptor, "wb") as file:
        file.write(source.read_bytes())
    os.replace(name, sink)


def _by_descriptors(source: Path, sink: Path) -> None:
    one, other = os.open(source, os.O_RDONLY), os.open(sink, os.O_WRONLY | os.O_CREAT)
    os.write(other, os.read(one, 100))
    os.close(one)
    os.close(other)


def _between(copy: Any, source: Path, sink: Path) -> None:
    one, other = os.open(source, os.O_RDONLY), os.open(sink, os.O_WRONLY | os.O_CREAT)
    copy(one, other)
    os.close(one)
    os.close(other)


def _spliced(one: int, other: int) -> None:
    out, into = os.pipe()
    os.splice(one, into, 100)
    os.splice(out, other, 100)
    os.close(out)
    os.close(into)


def _ranged(one: int, other: int) -> None:
    os.copy_file_range(one, other, 4)


def _pickled(source: Path, sink: Path) -> None:
    with sink.open("wb") as file:
        pickle.dump(source.read_text(), file)


def _moved(source: Path, sink: Path) -> None:
    shutil.move(source, sink)


# named where they are called: they are patched later
WAYS: dict[str, Callable[[Path, Path], object]] = {
    "gzip": lambda source, sink: _packed(gzip.open(sink, "wb"), source),
    "bz2": lambda source, sink: _packed(bz2.open(sink, "wb"), source),
    "lzma": lambda source, sink: _packed(lzma.open(sink, "wb"), source),
    "zipfile": _zipped,
    "tarfile": _tarred,
    "mkstemp": _made,
    "descriptors": _by_descriptors,
    "pickle": _pickled,
    "copyfile": lambda source, sink: shutil.copyfile(source, sink),
    "copy2": lambda source, sink: shutil.copy2(source, sink),
    "rename": lambda source, sink: os.rename(source, sink),
    "path": lambda source, sink: source.rename(sink),
    "link": lambda source, sink: os.link(source, sink),
    "hard": lambda source, sink: sink.hardlink_to(source),
    "symlink": lambda source, sink: os.symlink(source, sink),
    "relative": lambda source, sink: sink.symlink_to(source.name),
    "move": _moved,
}


if sys.platform == "linux":
    WAYS["splice"] = lambda source, sink: _between(_spliced, source, sink)
    WAYS["copy_file_range"] = lambda source, sink: _between(_ranged, source, sink)
BY_PARTS = ("descriptors", "splice", "copy_file_range")
"""Those that write more than once; the file is opened before it is written."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_whatever_way_a_file_becomes_another(here: Watched, tmp_path: Path, way: str) -> None:
    source, sink = tmp_path / "source", tmp_path / "sink"
    source.write_text("text")
    with privacylib.scope("work", fresh=True):
        WAYS[way](source, sink)
    assert (f"file://{source}", f"file://{sink}") in here.pairs()
    assert all(edge.count == 1 for edge in here.edges() if edge.sink == f"file://{sink}" and way not in BY_PARTS)


def test_a_move_leads_from_the_old_name_to_the_new_one(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    with privacylib.scope("work", fresh=True):
        (tmp_path / "a").rename(tmp_path / "b")
        shutil.copyfile(tmp_path / "b", tmp_path / "c")
    edges = {(edge.source, edge.sink): (edge.evidence.value, edge.count) for edge in here.edges()}
    a, b, c = (f"file://{tmp_path}/{name}" for name in "abc")
    assert edges == {(a, b): ("parsed", 1), (b, c): ("parsed", 1), (a, c): ("context", 1)}


def test_a_denied_move_moves_nothing(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "contacts").write_text("ana")
    with privacylib.zone("reply"):
        for move in (os.rename, os.replace, os.link, os.symlink, shutil.copyfile):
            with pytest.raises(PolicyDenied):
                move(tmp_path / "contacts", tmp_path / "plain")
    assert not (tmp_path / "plain").exists()


def test_what_is_written_by_a_descriptor_is_written_when_it_is(here: Watched, tmp_path: Path) -> None:
    plain = os.open(tmp_path / "plain", os.O_WRONLY | os.O_CREAT)
    with privacylib.zone("reply"):
        users()
        with pytest.raises(PolicyDenied):
            os.write(plain, b"ana")
        with pytest.raises(PolicyDenied):
            os.pwrite(plain, b"ana", 0)
        with pytest.raises(PolicyDenied):
            os.writev(plain, [b"ana"])
        for name in {"pwritev"} & vars(os).keys():
            with pytest.raises(PolicyDenied):
                getattr(os, name)(plain, [b"ana"], 0)
        for name in {"splice", "copy_file_range"} & vars(os).keys():
            with pytest.raises(PolicyDenied):
                getattr(os, name)(plain, plain, 4)
        with pytest.raises(PolicyDenied):
            open(plain, "w")
    os.close(plain)
    assert (tmp_path / "plain").read_bytes() == b""


def test_where_temporary_files_go_is_tried_out_by_no_operation(
    here: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with privacylib.zone("reply"):
        users()
        assert tempfile.gettempdir() == str(tmp_path)
        with pytest.raises(PolicyDenied):
            tempfile.mkstemp()
    assert here.edges() == []


def test_pipes_are_no_files(here: Watched, tmp_path: Path) -> None:
    out, into = os.pipe()
    with privacylib.zone("reply"):
        users()
        os.write(into, b"ana")
        assert os.read(out, 3) == b"ana"
    os.close(out)
    os.close(into)


MOVES: dict[str, Callable[[Path, Path], Any]] = {
    "rename": lambda source, sink: os.rename(source, sink),
    "replace": lambda source, sink: os.replace(source, sink),
    "link": lambda source, sink: os.link(source, sink),
    "symlink": lambda source, sink: os.symlink(source, sink),
    "Path.rename": lambda source, sink: source.rename(sink),
    "Path.hardlink_to": lambda source, sink: sink.hardlink_to(source),
    "Path.symlink_to": lambda source, sink: sink.symlink_to(source),
}


@pytest.mark.parametrize("way", MOVES)
def test_a_move_that_fails_has_moved_nothing(here: Watched, tmp_path: Path, way: str) -> None:
    (tmp_path / "a").write_text("ana")
    sink = tmp_path / "nosuch" / "b"
    with privacylib.scope("work"):
        with privacylib.read("db://orders"):
            pass
        with pytest.raises(FileNotFoundError):
            MOVES[way](tmp_path / "a", sink)
    assert not [edge for edge in here.edges() if edge.sink == f"file://{sink}"]
