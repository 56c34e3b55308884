import asyncio
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

import privacylib
from privacylib.instrumentation import hops
from privacylib.instrumentation.hops import subprocesses
from privacylib.testing import Capture
from tests.instrumentation.hops.work import PEOPLE, POLICY, people

SHOW = "import os; print(os.environ.get('BAGGAGE'), os.environ.get('TRACEPARENT'), os.environ.get('MINE'))"


def told(**kwargs: object) -> list[str]:
    argv = [sys.executable, "-c", SHOW]
    return subprocess.run(argv, check=True, capture_output=True, text=True, **kwargs).stdout.split()  # type: ignore[call-overload] - options of any kind


def test_a_child_gets_the_context_in_its_environment(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        key = privacylib.current().correlation_key
        baggage, traceparent, _ = told()
    assert baggage.startswith("privacylib=")
    assert traceparent.split("-")[1] == key


def test_an_environment_given_by_the_host_is_kept_and_not_changed(seen: Capture) -> None:
    given = {"MINE": "1", "BAGGAGE": "theirs=1"}
    with privacylib.scope("request"):
        baggage, _, mine = told(env=given)
    assert given == {"MINE": "1", "BAGGAGE": "theirs=1"}
    assert mine == "1"
    assert baggage.endswith(",theirs=1")


def test_a_positional_environment_too(seen: Capture) -> None:
    with privacylib.scope("request"):
        argv, pipe = [sys.executable, "-c", SHOW], subprocess.PIPE
        child = subprocess.Popen(argv, -1, None, None, pipe, None, None, True, False, None, {"MINE": "2"})
        out, _ = child.communicate()
    assert out.split()[2] == b"2"
    assert out.startswith(b"privacylib=")


def test_with_nothing_to_tell_the_environment_is_untouched(seen: Capture) -> None:
    assert told() == ["None", "None", "None"]


def test_what_the_process_scope_holds_is_told(seen: Capture) -> None:
    people()
    assert told()[0].startswith("privacylib=")


def test_an_environment_of_bytes(seen: Capture) -> None:
    with privacylib.scope("request"):
        baggage, _, mine = told(env={b"MINE": b"3"})
    assert (baggage[:11], mine) == ("privacylib=", "3")


def test_a_preexec_function_and_errors_are_as_ever(seen: Capture) -> None:
    with privacylib.scope("request"):
        assert told(preexec_fn=lambda: os.nice(0))[0].startswith("privacylib=")
        with pytest.raises(FileNotFoundError):
            subprocess.run(["/nowhere/at/all"], check=False)
        with pytest.raises(TypeError):
            subprocess.Popen()  # type: ignore[call-overload] - the mistake that is tested


async def test_asyncio_starts_children_the_same_way(seen: Capture) -> None:
    with privacylib.scope("request"):
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", SHOW, stdout=asyncio.subprocess.PIPE)
        out, _ = await child.communicate()
    assert out.startswith(b"privacylib=")


def test_a_child_that_uses_privacylib_holds_what_its_parent_held(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    child = (
        f"import privacylib as p; p.init('child', policy={str(policy)!r}, spool={str(tmp_path)!r});"
        "c = p.current(); print(*c.labels, c.purpose, c.correlation_key)"
    )
    parent = (
        f"import privacylib as p, subprocess, sys; p.init('parent', policy={str(policy)!r}, spool={str(tmp_path)!r})\n"
        f"with p.zone('reply'):\n"
        f"    with p.read({PEOPLE!r}): pass\n"
        f"    print(p.current().correlation_key, flush=True)\n"
        f"    subprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
    )
    out = subprocess.run([sys.executable, "-c", parent], check=True, capture_output=True, text=True).stdout.split()
    assert out[1:3] == ["CONTACT", "reply"]


def test_signature_name_and_identity() -> None:
    hops.uninstall()
    bare = subprocess.Popen.__init__
    hops.install()
    assert inspect.signature(subprocess.Popen) == inspect.signature(bare).replace(
        parameters=list(inspect.signature(bare).parameters.values())[1:]
    )
    assert inspect.signature(subprocess.Popen.__init__) == inspect.signature(bare)
    hops.uninstall()
    assert subprocess.Popen.__init__ is bare
    hops.install()


class TestErrorsOfOurOwn:
    """Where the context cannot be handed over, the child starts without it, but not under enforce."""

    def fail(self, *args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError("ana@example.org")

    def test_the_host_goes_on(self, seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subprocesses, "held_now", self.fail)
        with privacylib.zone("reply"):
            assert told()[0] == "None"

    def test_nothing_is_started_under_enforce(self, enforced: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subprocesses, "held_now", self.fail)
        with privacylib.zone("reply"), pytest.raises(privacylib.PolicyDenied) as caught:
            told()
        assert "ana" not in str(caught.value)


LAUNCHER = """
import os, sys, privacylib as p
p.init('launcher', spool=sys.argv[1])
way, python, words = sys.argv[2], sys.executable, [sys.executable, '-c', sys.argv[3]]
env = {**os.environ, 'MINE': '1'}
with p.scope('work'):
    if way == 'execv':
        try:
            os.execv('/etc/hosts', ['no program'])
        except OSError:
            assert 'BAGGAGE' not in os.environ
        os.execv(python, words)
    elif way == 'execvpe':
        os.execvpe(python, words, env)
    elif way == 'execve by name':
        os.execve(path=python, argv=words, env=env)
    else:
        child = getattr(os, way)(python, words, env)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("way", ["execv", "execvpe", "execve by name", "posix_spawn", "posix_spawnp"])
def test_a_launcher_tells_what_it_starts_by_os(tmp_path: Path, way: str) -> None:
    command = [sys.executable, "-c", LAUNCHER, str(tmp_path / "spool"), way, SHOW]
    baggage, traceparent, mine = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert baggage.startswith("privacylib=")
    assert len(traceparent) == 55
    assert mine == ("None" if way == "execv" else "1")


def test_wrong_arguments_are_the_librarys_to_refuse(enforced: Capture) -> None:
    wrong: Any = os
    with privacylib.scope("request"):
        for call in (
            lambda: wrong.posix_spawn("/bin/true", ["true"]),
            lambda: wrong.posix_spawn("/bin/true", [], {}),
            lambda: wrong.execve("/bin/true", ["true"]),
            lambda: wrong.execve("/bin/true", ["true"], 5),
            lambda: wrong.execv(1.5, ["true"]),
            wrong.execv,
        ):
            with pytest.raises((TypeError, ValueError)):
                call()
