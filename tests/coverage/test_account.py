"""What no operation explains is counted by call site, and refused where a rule says so."""

import asyncio
import ctypes
import io
import mmap
import os
import socket
import sqlite3
import subprocess
import sys
import syslog
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import privacylib
from privacylib import PolicyDenied, coverage, integrations
from privacylib.context import UNSEEN, Inside, Stage
from privacylib.doctor import diagnose
from privacylib.instrumentation import patching
from privacylib.instrumentation.facts import OF_THE_HOST
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Asset, Kind, Operation
from tests.watched import POLICY, Watched, watched

DENY = f"{POLICY}  - {{id: seen-only, applies_to: [CONTACT], allow: {{}}, uncovered: deny, mode: enforce}}"
HERE = __name__
DRIVER = "import socket\ndef connect(port):\n    socket.create_connection(('127.0.0.1', port)).close()"


class Counted:
    def __init__(self) -> None:
        self.gaps: list[str] = []
        self.changes = 0

    @property
    def events(self) -> list[str]:
        return [gap.split()[0] for gap in self.gaps]

    @property
    def functions(self) -> list[str]:
        return [gap.split()[1].rpartition(":")[0].rpartition(".")[2] for gap in self.gaps]

    def changed(self) -> None:
        self.changes += 1


@contextmanager
def kept() -> Generator[Counted]:
    counted = Counted()
    coverage.keep(counted.gaps.append, counted.changed)
    try:
        yield counted
    finally:
        coverage.rest()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path, policy=DENY) as found:
        yield found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data.csv"
    file.write_text("a,b")
    return file


pytestmark = pytest.mark.usefixtures("here")


def raw(file: Path, mode: str = "r") -> None:
    """Open a file where no integration sees it."""
    io.FileIO(str(file), mode).close()


def test_what_nothing_explains_is_counted_by_its_call_site(data: Path) -> None:
    line = raw.__code__.co_firstlineno + 2
    with kept() as counted:
        raw(data)
        raw(data)
        raw(data, "w")
    assert counted.gaps == [f"open(r) {HERE}:raw:{line}"] * 2 + [f"open(w) {HERE}:raw:{line}"]


def test_a_file_that_is_mapped_to_be_written_is_counted_and_refused(data: Path) -> None:
    integrations.install(frozenset({"files"}))
    with kept() as counted, data.open("r+b") as file:
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ).close()
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY).close()
        mmap.mmap(-1, 10).close()
        assert not counted.gaps
        mmap.mmap(file.fileno(), 0).close()
    assert counted.events == ["mmap(w)"]
    contacts = data.rename(data.with_name("contacts.csv"))
    with kept(), privacylib.zone("reply"), contacts.open("r+b") as file:
        with privacylib.read("db://users"):
            pass
        with pytest.raises(PolicyDenied) as denied:
            mmap.mmap(file.fileno(), 0)
    assert denied.value.decision.requirement == "seen-only"


def test_each_kind_of_io_is_counted_before_it_happens(data: Path) -> None:
    with kept() as counted, socket.socket() as peer, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        with pytest.raises(ConnectionRefusedError):
            peer.connect(("127.0.0.1", 1))
        datagrams.sendto(b"x", ("127.0.0.1", 9))
        with pytest.raises(PolicyDenied):  # the policy names a table of any file
            sqlite3.Connection(data.with_name("x.db"))
        sqlite3.Connection(":memory:").close()
        subprocess.run(["true"], check=True)
        os.system("true")  # noqa: S605  # pyright: ignore[reportDeprecated] - what is tested
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    assert counted.events == [
        "socket.connect", "socket.sendto", "sqlite3.connect", "subprocess.Popen", "os.system", "os.posix_spawn",
    ]  # fmt: skip
    assert set(counted.functions) == {"test_account:test_each_kind_of_io_is_counted_before_it_happens"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them in Python")
def test_attributes_of_files_and_lines_for_the_systems_log_are_counted(data: Path) -> None:
    with kept() as counted, data.open("rb") as file:
        for place in (data, str(data), file.fileno()):
            with suppress(OSError):  # not every file system keeps them
                os.setxattr(place, b"user.mine", b"x")
        with suppress(OSError):
            os.setxattr(data, "security.theirs", b"x")
        syslog.syslog("line")
    assert counted.events == ["os.setxattr"] * 3 + ["syslog.syslog"]


def test_programs_devices_directories_and_what_is_not_there_are_none(tmp_path: Path) -> None:
    with kept() as counted:
        raw(Path("/dev/null"), "w")
        raw(Path(os.__file__))
        with pytest.raises(FileNotFoundError):
            raw(tmp_path / "missing")
        os.close(os.open(tmp_path, os.O_RDONLY))
        with pytest.raises(FileNotFoundError):
            os.execvp("nosuch", ["nosuch"])  # noqa: S606 - it tries each directory of PATH
        with pytest.raises(FileNotFoundError):
            os.posix_spawn(tmp_path / "missing", ["missing"], {})
        __import__("wave")
    assert counted.gaps == []


def test_functions_of_the_c_library_are_counted_when_they_are_looked_for() -> None:
    library = ctypes.CDLL(None)
    with kept() as counted:
        assert library.write
        assert library.strlen
    assert counted.events == ["ctypes.dlsym"]
    assert counted.functions == ["test_account:test_functions_of_the_c_library_are_counted_when_they_are_looked_for"]


def test_operations_explain_what_happens_inside(data: Path) -> None:
    @privacylib.reads("db://asked")
    def reading() -> None:
        raw(data)

    @privacylib.writes("file:///plain")
    def writing() -> None:
        raw(data, "w")

    @privacylib.calls("http://there/")
    def stepping() -> Iterator[int]:
        raw(data)
        yield 1
        raw(data)

    with kept() as counted:
        reading()
        writing()
        list(stepping())
        for block in (
            privacylib.read("db://asked"), privacylib.write("file:///plain"), privacylib.call("http://there/"),
        ):  # fmt: skip
            with block:
                raw(data)
        with Stage(UNSEEN):
            raw(data)
    assert counted.gaps == []


def test_zones_and_scopes_and_threads_explain_nothing(data: Path) -> None:
    @privacylib.zone(purpose="reply")
    def zoned() -> None:
        raw(data)

    with kept() as counted:
        zoned()
        with privacylib.scope("work"), privacylib.zone(purpose="reply"):
            raw(data)
        thread = threading.Thread(target=raw, args=(data,))
        thread.start()
        thread.join()
        with privacylib.read("db://asked"):
            pass
        raw(data)
    assert len(counted.gaps) == 4


def test_a_block_explains_its_tasks_as_long_as_it_is_open(data: Path) -> None:
    async def work() -> None:
        over = asyncio.Event()

        async def later() -> None:
            raw(data)
            await over.wait()
            raw(data)

        async with privacylib.read("db://asked"):
            task = asyncio.ensure_future(later())
            await asyncio.sleep(0)
        over.set()
        await task

    with kept() as counted:
        asyncio.run(work())
    assert len(counted.gaps) == 1


def test_patched_functions_explain_their_own_io_but_not_that_of_the_host(data: Path) -> None:
    def run(task: Callable[[], None]) -> None:
        task()

    def fetched(task: Callable[[], None]) -> None:
        task()

    async def await_() -> None:
        await asyncio.ensure_future(asyncio.to_thread(raw, data))
        raw(data)

    library = type(sys)("small_library")
    library.__dict__.update(fetch=fetched, work=run, await_=await_)
    sys.modules["small_library"] = library

    def described(_: Call) -> tuple[Operation, ...]:
        return (Operation(Kind.READ, Asset("db", "x")),)

    fetch = Patch("small_library:fetch", described)
    work = Patch("small_library:work", described, body=OF_THE_HOST)
    awaited = Patch("small_library:await_", described)
    try:
        patching.install([Integration("small", (fetch, work, awaited))])
        with kept() as counted:
            library.fetch(lambda: raw(data))
            asyncio.run(library.await_())
            assert counted.gaps == []
            library.work(lambda: raw(data))
        assert len(counted.gaps) == 1
    finally:
        patching.uninstall()
        del sys.modules["small_library"]


def test_integrations_leave_no_gap_and_an_alias_that_was_taken_before_is_one(data: Path) -> None:
    taken = open
    integrations.install(frozenset({"files", "sqlite3"}))
    try:
        with kept() as counted:
            with open(data, "a") as file:  # noqa: PTH123 - what is tested
                file.write("x")
            data.read_text()
            os.close(os.open(data, os.O_RDONLY))
            with sqlite3.connect(data.with_name("x.db")) as database:
                database.execute("create table t (x)")
            database.close()
            assert counted.gaps == []
            taken(data).close()
        assert counted.events == ["open(r)"]
    finally:
        patching.uninstall()


def test_it_rests_when_nobody_asks_for_it(data: Path) -> None:
    with kept() as counted:
        pass
    raw(data)
    with kept() as counted:
        privacylib.shutdown()
        raw(data)
    assert counted.gaps == []


def test_a_connection_of_a_library_whose_statements_are_seen_is_no_gap() -> None:
    library = type(sys)("small_driver")
    exec(DRIVER, library.__dict__)  # noqa: S102 - a module that is not the host
    library.__dict__["execute"] = print
    sys.modules["small_driver"] = library
    table = Integration("small", (Patch("small_driver:execute"),), connects=("small_driver",))
    moved = Integration("small", (Patch("small_driver:query"),), connects=("small_driver",))
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, kept() as counted:
            port = server.getsockname()[1]
            library.connect(port)
            patching.install([table])
            library.connect(port)
            assert len(counted.gaps) == 1
            patching.install([moved])
            library.connect(port)
            assert counted.gaps == ["socket.connect small_driver:connect:3"] * 2
    finally:
        patching.uninstall()
        del sys.modules["small_driver"]


def test_gevent_in_the_place_of_the_standard_library_is_nobodys_call_site() -> None:
    sockets = pytest.importorskip("gevent.socket")
    with kept() as counted, socket.create_server(("127.0.0.1", 0)) as server:
        sockets.create_connection(server.getsockname()).close()
    assert {gap.rpartition(":")[0] for gap in counted.gaps} == {
        f"socket.connect {HERE}:{test_gevent_in_the_place_of_the_standard_library_is_nobodys_call_site.__name__}"
    }


def test_an_error_of_ours_is_swallowed_and_denies_in_enforce_where_a_requirement_minds(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: str) -> None:
        raise ValueError("secret")

    coverage.keep(broken, print)
    with pytest.raises(PolicyDenied):
        raw(data)
    coverage.rest()
    (tmp_path / "other").mkdir()
    with watched(tmp_path / "other"):
        coverage.keep(broken, print)
        raw(data)
    assert "secret" not in caplog.text


def users() -> None:
    with privacylib.read("db://users"):
        pass


def test_uncovered_io_is_refused_to_work_that_holds_the_labels(here: Watched, data: Path) -> None:
    sink = data.with_name("sink")
    with kept() as counted, socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as peer:
        server.settimeout(0.05)
        with privacylib.scope("work"), privacylib.zone("reply"):
            raw(sink, "w")
            sink.unlink()
            users()
            for attempt in (lambda: raw(sink, "w"), lambda: peer.connect(server.getsockname()), lambda: raw(data)):
                with pytest.raises(PolicyDenied, match="seen-only"):
                    attempt()
            with pytest.raises(PolicyDenied):
                subprocess.run(["touch", str(sink)], check=True)
            with privacylib.write("file:///contacts"):
                raw(sink, "w")
        with pytest.raises(TimeoutError):
            server.accept()
    assert len(counted.gaps) == 5
    denied = {(each.requirement, each.denied) for each in diagnose([here.spool]).breaches}
    assert denied == {("seen-only", 1)}
    assert {each.asset.partition("://")[0] for each in here.denied()} == {"file", "tcp", "command"}
    assert sink.exists()


def test_uncovered_io_is_refused_in_a_zone_that_admits_the_labels_by_name(data: Path) -> None:
    with kept():
        with privacylib.scope("one"), privacylib.zone("reply", labels={"CONTACT"}), pytest.raises(PolicyDenied):
            raw(data)
        with privacylib.scope("other"), privacylib.zone("reply", labels={"INTERACTION"}):
            raw(data)


def test_below_enforce_it_goes_ahead_and_is_recorded(tmp_path: Path, data: Path) -> None:
    (tmp_path / "other").mkdir()
    with (
        watched(tmp_path / "other", mode="simulate", policy=DENY) as found,
        kept(),
        privacylib.scope("work"),
        privacylib.zone("reply"),
    ):
        users()
        raw(data)
    [breach] = [each for each in diagnose([found.spool]).breaches if each.requirement == "seen-only"]
    assert (breach.denied, breach.would_deny, breach.kind) == (0, 1, Kind.OPAQUE)


def test_marks_are_left_in_any_order(data: Path) -> None:
    one, other = Inside(), Inside()
    with kept() as counted:
        one.__enter__()
        other.__enter__()
        one.__exit__()
        raw(data)
        other.__exit__()
        raw(data)
    assert len(counted.gaps) == 1


def test_a_task_is_named_by_its_own_coroutine_and_not_by_who_runs_the_loop() -> None:
    async def work(port: int) -> None:
        _, writer = await asyncio.ensure_future(asyncio.open_connection("127.0.0.1", port))
        writer.close()
        await writer.wait_closed()

    with socket.create_server(("127.0.0.1", 0)) as server, kept() as counted:
        asyncio.run(work(server.getsockname()[1]))
    [gap] = counted.gaps
    assert gap.startswith("socket.connect asyncio.streams:open_connection:")
