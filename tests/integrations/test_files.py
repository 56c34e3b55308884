"""Files under the policy."""

import importlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import privacylib
from privacylib import PolicyDenied
from privacylib._bootstrap import about, wiring
from privacylib.families.files.paths import is_data
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation
from tests.integrations.conformance import Conformance, Host, users
from tests.watched import Watched, instrumented


class TestConformance(Conformance):
    name = "files"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        def piecewise() -> None:
            with (directory / "contacts.txt").open("w") as file:
                for piece in ("ana", "bo"):
                    file.write(piece)

        yield Host(
            sink=f"file://{directory}/contacts.txt",
            allowed=lambda: (directory / "contacts.txt").write_text("ana"),
            refused=lambda: (directory / "plain.txt").write_text("ana"),
            arrived=(directory / "plain.txt").exists,
            failing=(directory / "nowhere").read_text,
            error=FileNotFoundError,
            streamed=piecewise,
        )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "files") as found:
        yield found


class Alternating(os.PathLike[str]):
    """A path that is another one each time it is asked."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)

    def __fspath__(self) -> str:
        self.paths.append(self.paths.pop(0))
        return str(self.paths[-1])


@pytest.mark.parametrize("way", ["open", "io.open", "os.open"])
def test_fault_52_the_path_that_is_decided_is_the_path_that_is_opened(here: Watched, tmp_path: Path, way: str) -> None:
    contacts, plain = tmp_path / "contacts", tmp_path / "plain"
    with privacylib.zone("reply"):
        users()
        path = Alternating(contacts, plain)
        if way == "os.open":
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
        else:
            {"open": open, "io.open": io.open}[way](path, "w").close()
    assert contacts.exists()
    assert not plain.exists()


def test_a_write_stays_open_until_the_file_is_closed(here: Watched, tmp_path: Path) -> None:
    with privacylib.zone("reply"), (tmp_path / "plain").open("w") as file:
        with pytest.raises(PolicyDenied):
            users()
        file.write("nothing")
    with privacylib.zone("reply"):
        assert users()
    assert (tmp_path / "plain").read_text() == "nothing"


MODES = ("wb", "xb", "ab", "w+b", "x+b", "a+b", "r+b")


@pytest.mark.parametrize("mode", MODES)
def test_a_write_without_a_buffer_stays_open_as_well(here: Watched, tmp_path: Path, mode: str) -> None:
    if mode.startswith("r"):
        (tmp_path / "plain").write_bytes(b"")
    with privacylib.zone("reply"), (tmp_path / "plain").open(mode, buffering=0) as file:
        with pytest.raises(PolicyDenied):
            users()
        assert file.write(b"nothing") == len(b"nothing")
    with privacylib.zone("reply"):
        assert users()
    assert (tmp_path / "plain").read_bytes() == b"nothing"


@pytest.mark.parametrize("mode", MODES)
def test_a_file_without_a_buffer_looks_as_ever(here: Watched, tmp_path: Path, mode: str) -> None:
    def look(name: str) -> tuple[object, ...]:
        path = tmp_path / name
        if mode.startswith("r"):
            path.write_bytes(b"")
        with path.open(mode, buffering=0) as file:
            assert isinstance(file, io.FileIO)
            fileno = file.fileno()
            told = (type(file).__name__, file.mode, file.closefd, Path(str(file.name)) == path)
            file.writelines([b"a", b"b"])
            more = file.tell(), file.seekable(), file.readable(), file.writable(), fileno
        assert file.closed
        with pytest.raises(OSError, match="Bad"):
            os.fstat(fileno)
        return told + more

    seen = look("plain.seen")
    patching.uninstall()
    assert look("plain.bare") == seen


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_temporary_file_is_written_until_it_is_closed(here: Watched, tmp_path: Path, buffering: int) -> None:
    with privacylib.zone("reply"):
        with tempfile.NamedTemporaryFile(dir=tmp_path, prefix="plain", buffering=buffering) as file:
            with pytest.raises(PolicyDenied):
                users()
            file.write(b"nothing")
        assert users()


def test_a_file_without_a_buffer_that_was_opened_elsewhere_is_written_by_who_writes(
    here: Watched, tmp_path: Path
) -> None:
    with (tmp_path / "plain.log").open("wb", buffering=0) as plain:
        with privacylib.scope("request", fresh=True), privacylib.zone("reply"):
            users()
            with pytest.raises(PolicyDenied):
                plain.write(b"ana")
        plain.write(b"nothing")
    assert (tmp_path / "plain.log").read_bytes() == b"nothing"


def test_a_file_that_was_opened_elsewhere_is_written_by_who_writes(here: Watched, tmp_path: Path) -> None:
    log, plain = (tmp_path / "contacts.log").open("w"), (tmp_path / "plain.log").open("w")
    with log, plain:
        with privacylib.scope("request", fresh=True), privacylib.zone("reply"):
            print(users(), file=log)
            with pytest.raises(PolicyDenied):
                plain.write(users())
        plain.write("nothing")
    assert ("db://users", f"file://{tmp_path}/contacts.log") in here.pairs()
    assert (tmp_path / "plain.log").read_text() == "nothing"


def test_a_file_that_nobody_closes_ends_when_it_goes(here: Watched, tmp_path: Path) -> None:
    with privacylib.zone("reply"):
        file = (tmp_path / "plain").open("w")
        file.write("text")
        with pytest.warns(ResourceWarning):
            del file
        users()
    assert (tmp_path / "plain").read_text() == "text"


def test_reading_and_writing_are_told_by_the_mode(here: Watched, tmp_path: Path) -> None:
    source, sink = tmp_path / "source", tmp_path / "sink"
    source.write_text("text")
    with privacylib.scope("copy"):
        sink.write_text(source.read_text())
    with privacylib.scope("update"), source.open("r+") as file:
        file.read()
    assert here.pairs() >= {(f"file://{source}", f"file://{sink}"), (f"file://{source}", f"file://{source}")}


def test_programs_devices_and_our_own_spool_are_no_data(here: Watched, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("")
    with privacylib.scope("work"):
        for path in (program, Path("/dev/null"), Path(os.__file__), Path("/proc/self/status"), *here.spool.rglob("*")):
            if path.is_file():
                path.read_bytes()
        (tmp_path / "sink").write_text("")
    assert not here.pairs()


@pytest.mark.parametrize("way", ["detour", "link", "elsewhere", "odd"])
def test_our_own_spool_is_no_data_by_whichever_path_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    ways = {"detour": "other/../odd # one", "link": "linked", "elsewhere": "odd # one", "odd": "odd # one"}
    (tmp_path / "odd # one").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "linked").symlink_to("odd # one")
    monkeypatch.chdir(tmp_path)
    given = Path(ways[way]) if way == "elsewhere" else tmp_path / ways[way]
    with instrumented(given, "files", mode="observe"):
        monkeypatch.chdir(tmp_path / "other")
        with privacylib.scope("work"):
            (tmp_path / "source").write_text("ana")
            (tmp_path / "source").read_text()
            (tmp_path / "sink").write_text("ana")
        found = Watched(tmp_path / "odd # one" / "spool").pairs()
    assert found == {(f"file://{tmp_path}/source", f"file://{tmp_path}/sink")}


def test_what_privacylib_itself_opens_is_not_recorded(here: Watched, tmp_path: Path) -> None:
    with privacylib.scope("work"):
        privacylib.reload()
        about.own_version.cache_clear()  # as in a process that has said nothing yet
        wiring._changed()  # pyright: ignore[reportPrivateUsage] - a library was imported meanwhile
        (tmp_path / "sink").write_text("")
    assert not here.pairs()


def test_looking_for_a_file_that_is_not_there_reads_nothing(here: Watched, tmp_path: Path) -> None:
    with privacylib.scope("work"):
        with pytest.raises(FileNotFoundError):
            (tmp_path / "settings").read_text()
        (tmp_path / "sink").write_text("")
    assert not here.pairs()


def test_a_file_made_for_the_purpose_is_written_and_not_read(here: Watched, tmp_path: Path) -> None:
    with privacylib.scope("work"):
        with tempfile.NamedTemporaryFile("w+", dir=tmp_path, prefix="plain") as temporary:
            temporary.write("text")
        (tmp_path / "sink").write_text("")
    assert not here.pairs()


def test_a_file_that_appears_meanwhile_is_decided_and_closed(
    here: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = tmp_path / "contacts"
    late.write_text("ana")

    def not_yet(path: str) -> bool:
        return False

    monkeypatch.setattr(os.path, "exists", not_yet)
    with privacylib.zone("ads"), pytest.raises(PolicyDenied):
        late.read_text()
    with privacylib.scope("work"), privacylib.zone("reply"):
        late.read_text()
        (tmp_path / "contacts.copy").write_text("")
    assert here.pairs() == {(f"file://{late}", f"file://{tmp_path}/contacts.copy")}


def test_what_a_package_brings_is_program_and_what_stands_beside_python_is_data() -> None:
    own = Path(pytest.__file__).parent / "data.csv"
    assert not is_data(str(own), writes=False)
    assert is_data(str(own), writes=True)
    assert is_data(f"{sys.base_prefix}/app/users.csv", writes=False)
    assert not is_data("/app/__pycache__/jobs.cpython-311.pyc.140245", writes=True)
    assert is_data("/app/users.140245", writes=True)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="elsewhere such a path cannot be told, and is opaque")
def test_a_path_below_an_open_directory_is_named_in_full(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "source").write_text("text")
    directory = os.open(tmp_path / "below", os.O_RDONLY)
    with privacylib.scope("work"):
        os.close(os.open("source", os.O_RDONLY, dir_fd=directory))
        os.close(os.open("sink", os.O_WRONLY | os.O_CREAT, dir_fd=directory))
        shutil.rmtree(tmp_path / "below")
        (tmp_path / "after").write_text("")
    os.close(directory)
    source = f"file://{tmp_path}/below/source"
    assert here.pairs() == {(source, f"file://{tmp_path}/below/sink"), (source, f"file://{tmp_path}/after")}


def test_fault_20_which_version_a_library_has_is_our_own_question(
    here: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a package is on the path from outside of the environment."""
    (tmp_path / "made_up-1.5.dist-info").mkdir()
    (tmp_path / "made_up-1.5.dist-info" / "METADATA").write_bytes(b"Name: made-up\nVersion: 1.5\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.import_module("shlex")
    with privacylib.scope("work"):
        patching.install([Integration("shlex", (Patch("shlex:nosuch", unasked),), "made-up", ("2.0", "3.0"))])
        (tmp_path / "after").write_text("")
    assert patching.uncovered["shlex:nosuch"] == "version 1.5"
    assert not here.pairs()


def unasked(call: Call) -> tuple[Operation, ...]:
    raise AssertionError(call)


def test_a_descriptor_is_no_path(here: Watched, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "sink", os.O_WRONLY | os.O_CREAT)
    with open(descriptor, "w") as file:  # noqa: PTH123 - a descriptor
        file.write("text")
    assert (tmp_path / "sink").read_text() == "text"


def test_the_history_of_readline_is_a_file_too(here: Watched, tmp_path: Path) -> None:
    readline = pytest.importorskip("readline")
    (tmp_path / "typed").write_text("ana\n")
    with privacylib.scope("work", fresh=True):
        readline.read_history_file(tmp_path / "typed")
        readline.write_history_file(tmp_path / "kept")
    assert here.pairs() == {(f"file://{tmp_path}/typed", f"file://{tmp_path}/kept")}
