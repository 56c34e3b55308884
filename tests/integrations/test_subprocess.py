"""Programs that are started, under the policy."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.families.commands import Runner
from privacylib.families.interpreters import command_name
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented, watched

STARTER: Any = subprocess
SYSTEM: Any = os
"""Without their types, for calls that are wrong."""


class TestConformance(Conformance):
    name = "subprocess"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        programs = {name: directory / name for name in ("contacts", "plain")}
        for path in programs.values():
            path.write_text(f"#!/bin/sh\ncat > {path}.came\n")
            path.chmod(0o755)

        def allowed() -> None:
            subprocess.run([programs["contacts"], "ana"], stdin=subprocess.DEVNULL, check=True)

        async def awaited() -> None:
            process = await asyncio.create_subprocess_exec(programs["contacts"], stdin=asyncio.subprocess.DEVNULL)
            await process.wait()

        async def endless() -> None:
            process = await asyncio.create_subprocess_exec("sleep", "9")
            try:
                await process.wait()
            finally:
                process.kill()
                await asyncio.shield(process.wait())

        yield Host(
            sink="command://contacts#request",
            allowed=allowed,
            refused=lambda: subprocess.run([programs["plain"]], input=b"ana", check=True),
            arrived=lambda: Path(f"{programs['plain']}.came").exists(),
            failing=lambda: subprocess.run([directory / "nosuch"], check=True),
            error=FileNotFoundError,
            awaited=awaited,
            endless=endless,
            streamed=lambda: subprocess.run([programs["contacts"]], input=b"ana", check=True),
        )


def timed_out() -> object:
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        subprocess.run(["sleep", "9"], timeout=0.05, check=False)
    return caught.value.cmd


class TestDifferential(Differential):
    name = "subprocess"

    @contextmanager
    def world(self, directory: Path) -> Generator[Path]:
        yield directory

    calls = (
        lambda _: subprocess.run(["cat"], input="one", capture_output=True, text=True, check=True).stdout,
        lambda here: subprocess.run(["false"], check=True, cwd=here),
        lambda _: subprocess.run([], check=True),
        lambda _: subprocess.run(["nosuch"], check=True),
        lambda _: subprocess.run("exit 3", shell=True, check=False).returncode,  # noqa: S602 - a shell is what is tried
        lambda _: timed_out(),
        lambda _: os.system("exit 4"),  # noqa: S605  # pyright: ignore[reportDeprecated] - likewise
        lambda _: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1],
        lambda _: os.execv("/nosuch", ["nosuch"]),  # noqa: S606 - likewise
        lambda _: STARTER.run(iter(["echo", "one"]), capture_output=True, check=True).stdout,
        lambda _: STARTER.run({"true": 1}, check=True).returncode,
    )
    wrong = (
        lambda _: STARTER.run(None, check=True),
        lambda _: STARTER.run(5, check=True),
        lambda _: STARTER.run(check=True),
        lambda _: STARTER.run([], check=True),
        lambda _: STARTER.run(["echo", 5], check=True),
        lambda _: STARTER.run(["echo"], executable=5, check=True),
        lambda _: SYSTEM.system(5),
        lambda _: SYSTEM.posix_spawn(5, ["true"], {}),
        lambda _: SYSTEM.posix_spawn("/bin/true", [], {}),
        lambda _: SYSTEM.posix_spawn("/bin/true", ["true"]),
        lambda _: SYSTEM.posix_spawn("/bin/true", ["true"], 5),
        lambda _: SYSTEM.execv(1.5, ["true"]),
        lambda _: SYSTEM.execv("/bin/true", iter(["true"])),
        lambda _: SYSTEM.execve("/bin/true", ["true"]),
        lambda _: SYSTEM.execvp(None, ["true"]),
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "subprocess", "files", mode="observe") as found:
        yield found


def test_what_a_program_prints_is_behind_what_is_written_next(here: Watched, tmp_path: Path) -> None:
    with privacylib.scope("work"):
        printed = subprocess.run(["echo", "canary"], capture_output=True, text=True, check=True).stdout
        (tmp_path / "copied").write_text(printed)
    with privacylib.scope("deaf"):
        subprocess.run(["true"], check=True)
        (tmp_path / "other").write_text("nothing of it")
    with privacylib.scope("redirected"), (tmp_path / "direct").open("w") as file:
        subprocess.run(["date"], stdout=file, check=True)
    assert here.pairs() == {
        ("command://echo#response", f"file://{tmp_path}/copied"),
        ("command://date#response", f"file://{tmp_path}/direct"),
    }
    assert not [path for path in here.spool.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def test_what_is_read_before_the_input_is_complete_is_in_it(here: Watched) -> None:
    with privacylib.scope("work"):
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        process.communicate(users())
        with privacylib.read("db://asked"):
            pass
    assert here.pairs() == {("db://users", "command://cat#request")}


def test_a_denied_read_ends_nothing_but_itself(tmp_path: Path) -> None:
    with watched(tmp_path):
        integrations.install(frozenset({"subprocess"}))
        with privacylib.scope("work"), privacylib.zone("reply"):
            process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            with pytest.raises(PolicyDenied):
                users()
            assert process.communicate(b"plain") == (b"plain", None)
        patching.uninstall()


async def test_asyncio_feeds_by_sockets(here: Watched) -> None:
    with privacylib.scope("work"):
        process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
        assert await process.communicate(users().encode()) == (b"ana@example.org", None)
    edges = {edge.source: (edge.sink, edge.count) for edge in here.edges()}
    fed = ("command://cat#request", 1)
    assert edges == {"db://users": fed, "command://cat#response": fed}  # it was listened to while it was fed


def replaced() -> None:
    with privacylib.scope("work"):
        users()
        os.execlp("true", "true")  # noqa: S606 - what is tried


def by_shell() -> None:
    with privacylib.scope("work"):
        users()
        os.system("true; echo")  # noqa: S605  # pyright: ignore[reportDeprecated] - what is tried


def spawned() -> None:
    with privacylib.scope("work"):
        users()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], os.environ), 0)


@pytest.mark.parametrize(("act", "name"), [(replaced, "true"), (by_shell, "sh"), (spawned, "true")])
def test_a_program_that_replaces_this_one_is_recorded_before(here: Watched, act: Callable[[], None], name: str) -> None:
    child = os.fork()
    if not child:
        try:
            act()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert here.pairs() == {("db://users", f"command://{name}#request")}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["/usr/bin/sort", "-u"], "sort"),
        ([sys.executable, "-W", "ignore", "-u", "/srv/job.py", "ana@example.org"], "job"),
        (["python3", "-m", "pkg.job", "x"], "pkg.job"),
        (["python3.12", "-Impkg.job"], "pkg.job"),
        (["python", "-c", "print('ana@example.org')"], "python"),
        (["python", "-"], "python"),
        (["python"], "python"),
        (["pythonista", "x"], "pythonista"),
    ],
)
def test_a_command_is_called_by_its_program_or_script(words: Sequence[str], name: str) -> None:
    assert command_name(words) == name


def test_a_program_that_is_searched_is_recorded_once_and_not_for_each_directory(here: Watched, tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        try:
            os.environ["PATH"] = os.pathsep.join((str(tmp_path), str(tmp_path / "nosuch"), "/usr/bin:/bin"))
            with privacylib.scope("work"):
                users()
                with suppress(FileNotFoundError):
                    os.execlp("nosuch", "nosuch")  # noqa: S606 - what is tried
                os.execlp("true", "true")  # noqa: S606 - likewise
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    (edge,) = here.edges()
    assert (edge.source, edge.sink, edge.count, edge.failed) == ("db://users", "command://true#request", 1, 0)


KNOWN: tuple[dict[str, Any], ...] = (
    {},
    {"inherits": True},
    {"numbered": True},
    {"searches": True},
    {"given": ("path", "argv")},
)


@pytest.mark.parametrize("told", KNOWN)
def test_what_runs_programs_is_told_apart_by_what_it_takes_and_not_by_its_name(told: dict[str, Any]) -> None:
    runner = Runner("any", **told)
    assert runner.runs(sys.executable, ["python"], {})
    assert not runner.runs(sys.executable, [], {})
    assert runner.runs(sys.executable, ["python"], None) == ("inherits" in told or "given" in told)
    assert runner.runs("python", ["python"], {}) == ("searches" in told)
    with Path(sys.executable).open("rb") as program:
        assert runner.runs(program.fileno(), ["python"], {}) == ("numbered" in told)
