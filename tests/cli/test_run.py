"""``privacylib run``: the program is started as it would be, and seen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import privacylib
from privacylib.graph import load

pytestmark = pytest.mark.any_python
"""Each Python starts programs in the ways of `test_run_matrix`."""

RUN = [sys.executable, "-m", "privacylib.cli", "run"]


def run(
    tmp_path: Path, *command: str, options: tuple[str, ...] = (), **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, "--spool", str(tmp_path / "spool"), *options, "--", *command],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | environ,
        timeout=60,
        check=False,
    )


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program.py"
    path.write_text(text)
    return str(path)


def test_output_arguments_and_exit_status_are_the_programs_own(tmp_path: Path) -> None:
    program = script(tmp_path, "import sys\nprint(sys.argv[1:])\nprint('err', file=sys.stderr)\nsys.exit(7)\n")
    ended = run(tmp_path, sys.executable, program, "--mode", "x", "--", "y")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("['--mode', 'x', '--', 'y']\n", "err\n", 7)


def test_a_call_that_is_open_when_the_interpreter_goes_says_nothing(tmp_path: Path) -> None:
    kept = "import builtins, subprocess\nbuiltins.kept = subprocess.Popen(['sleep', '1'], stdin=subprocess.PIPE)\n"
    ended = run(tmp_path, sys.executable, script(tmp_path, kept))
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


def test_what_the_program_sees_of_its_interpreter_is_as_without(tmp_path: Path) -> None:
    program = script(tmp_path, "import sys, json\nprint(json.dumps([sys.path, sys.argv, sys.flags.isolated]))\n")
    bare = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run(tmp_path, sys.executable, program).stdout == bare.stdout


def test_a_sitecustomize_of_the_hosts_own_still_runs(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("print('own')\n")
    path = os.pathsep.join((str(own), os.environ.get("PYTHONPATH", "")))
    ended = run(tmp_path, sys.executable, "-c", "import sitecustomize; print(sitecustomize.__file__)", PYTHONPATH=path)
    command_itself = "own\n"
    assert ended.stdout == f"{command_itself}own\n{own / 'sitecustomize.py'}\n"


PROGRAM = """
import subprocess, sys, privacylib

@privacylib.reads("s3://in/a")
def get(): pass

@privacylib.writes("s3://out/b")
def put(): pass

with privacylib.zone(purpose="copy"):
    get()
    put()
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"], check=True)
"""


LAUNCHER = """
import os, sys
os.environ["PYTHONPATH"] = os.pathsep.join((os.path.abspath("theirs"), os.environ["PYTHONPATH"]))
os.execl(sys.executable, sys.executable, *sys.argv[1:])
"""
"""What `opentelemetry-instrument` does."""


def test_a_launcher_that_puts_a_sitecustomize_of_its_own_before_ours_comes_after_it(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "sitecustomize.py").write_text("print('theirs')\n")
    (tmp_path / "launcher.py").write_text(LAUNCHER)
    (tmp_path / "a").write_text("ana")
    program = script(tmp_path, "open('b', 'w').write(open('a').read())\n")
    ended = run(tmp_path, sys.executable, "launcher.py", program)
    assert (ended.stdout, ended.stderr) == ("theirs\n", "")
    pairs = {(edge.source, edge.sink) for edge in load([tmp_path / "spool"]).edges()}
    assert (f"file://{tmp_path}/a", f"file://{tmp_path}/b") in pairs


def test_operations_are_seen_without_init_and_in_child_processes_too(tmp_path: Path) -> None:
    ended = run(tmp_path, sys.executable, script(tmp_path, PROGRAM), options=("--service", "copier"))
    assert ended.returncode == 0, ended.stderr
    (edge,) = load([tmp_path / "spool"]).edges()
    assert (edge.source, edge.sink, edge.service, edge.count) == ("s3://in/a", "s3://out/b", "copier", 2)


PARENT = """
import os, subprocess, sys
def child(*words, **how): return subprocess.run([sys.executable, "child.py", *words], check=True, **how)
ways = {
    "input": lambda text: child(input=text, text=True),
    "argument": lambda text: child(text),
    "variable": lambda text: child(env={**os.environ, "TEXT": text}),
    "shell": lambda text: subprocess.run(f"{sys.executable} child.py '{text}'", shell=True, check=True),
    "spawn": lambda text: os.waitpid(
        os.posix_spawn(sys.executable, [sys.executable, "child.py", text], os.environ), 0
    ),
    "in its place": lambda text: os.execv(sys.executable, [sys.executable, "child.py", text]),
}
ways[sys.argv[1]](open("given.txt").read())
"""
CHILD = (
    "import os, sys; open('sink.txt', 'w').write(sys.argv[1] if sys.argv[1:] else os.environ.get('TEXT') or input())"
)


@pytest.mark.parametrize("way", ["input", "argument", "variable", "shell", "spawn", "in its place"])
def test_what_a_child_is_given_leads_from_its_parents_source_to_its_sink(tmp_path: Path, way: str) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "given.txt").write_text("canary")
    ended = run(tmp_path, sys.executable, script(tmp_path, PARENT), way)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "sink.txt").read_text() == "canary"
    given = f"command://{'sh' if way == 'shell' else 'child'}#request"
    graph = load([tmp_path / "spool"])
    pairs = {(edge.source, edge.sink): edge.evidence.value for edge in graph.edges()}
    source, sink = (f"file://{tmp_path}/{name}.txt" for name in ("given", "sink"))
    assert pairs[source, given] == pairs[given, sink] == "context"
    assert graph.path(source, sink)


def test_the_service_is_named_after_the_program(tmp_path: Path) -> None:
    run(tmp_path, sys.executable, script(tmp_path, PROGRAM))
    assert {edge.service for edge in load([tmp_path / "spool"]).edges()} == {"program"}


POLICY: dict[str, object] = {
    "version": 1,
    "labels": {"SECRET": {}},
    "purposes": {"copy": {}},
    "assets": [{"match": "s3://in/*", "labels": ["SECRET"]}],
    "requirements": [{"id": "no-copies", "applies_to": ["SECRET"], "allow": {"purposes": []}, "mode": "enforce"}],
}


def test_enforcement_needs_no_code_change(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(json.dumps(POLICY))
    options = ("--policy", str(policy), "--mode", "enforce")
    ended = run(tmp_path, sys.executable, script(tmp_path, PROGRAM), options=options)
    assert ended.returncode == 1
    assert "PolicyDenied" in ended.stderr
    assert load([tmp_path / "spool"]).edges() == []


ITEMS = """
import privacylib

for item in ("s3://in/a", "s3://in/b"):
    with privacylib.scope("item", fresh=True):
        with privacylib.read(item):
            pass
        with privacylib.write("s3://out/" + privacylib.current().purpose):
            pass
try:
    with privacylib.read("s3://in/other"):
        pass
except privacylib.PolicyDenied as denied:
    print(denied.decision.requirement)
"""


def test_a_zone_of_the_policy_stands_around_a_command_and_each_of_its_items(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    rules: dict[str, object] = {
        "assets": [
            {"match": "s3://in/other", "labels": ["OTHER"]},
            {"match": "s3://**", "labels": ["SECRET"]},
        ],
        "labels": {"SECRET": {}, "OTHER": {}},
        "zones": [
            {"match": "command://copier", "purpose": "copy", "labels": ["SECRET"]},
            {"match": "command://another", "purpose": "none"},
        ],
        "purposes": {"copy": {}, "none": {}},
        "requirements": [
            {"id": "copies", "applies_to": ["SECRET", "OTHER"], "allow": {"purposes": ["copy"]}, "mode": "enforce"}
        ],
    }
    policy.write_text(json.dumps(POLICY | rules))
    options = ("--policy", str(policy), "--mode", "enforce", "--service", "copier")
    ended = run(tmp_path, sys.executable, script(tmp_path, ITEMS), options=options)
    assert (ended.returncode, ended.stdout) == (0, "zone\n"), ended.stderr
    edges = load([tmp_path / "spool"]).edges()
    assert {(edge.source, edge.sink) for edge in edges} == {
        ("s3://in/a", "s3://out/copy"),
        ("s3://in/b", "s3://out/copy"),
    }


@pytest.mark.parametrize(
    ("command", "told"),
    [((), "run needs a program"), (("no-such-program-here",), "cannot run no-such-program-here: No such file")],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, command: tuple[str, ...], told: str) -> None:
    ended = run(tmp_path, *command)
    assert ended.returncode == 1
    assert told in ended.stderr


def test_a_wrong_policy_is_named_before_anything_runs(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\nlables: {}\n")
    ended = run(tmp_path, sys.executable, "-c", "print('ran')", options=("--policy", str(policy)))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"{policy}:2" in ended.stderr


def test_under_enforce_a_start_that_fails_runs_nothing(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.yaml")
    ended = run(tmp_path, sys.executable, "-c", "print('ran')", options=("--mode", "enforce"), PRIVACYLIB_POLICY=gone)
    assert (ended.returncode, ended.stdout) == (78, "")
    ended = run(tmp_path, sys.executable, "-c", "print('ran')", PRIVACYLIB_POLICY=gone)
    assert (ended.returncode, ended.stdout) == (0, "ran\n")
    assert "runs unobserved" in ended.stderr


@pytest.mark.parametrize(
    ("options", "named"),
    [(["-I"], "-I"), (["-W", "ignore", "-E"], "-E"), (["-bS"], "-S"), (["-OIX", "dev"], "-I")],
)
def test_an_option_that_keeps_privacylib_out_is_told(tmp_path: Path, options: list[str], named: str) -> None:
    ended = run(tmp_path, sys.executable, *options, "-c", "print('ran')")
    assert (ended.returncode, ended.stdout) == (0, "ran\n")
    assert "The program runs unobserved" in ended.stderr
    ended = run(tmp_path, sys.executable, *options, "-c", "print('ran')", options=("--mode", "enforce"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"leave {named} out" in ended.stderr


@pytest.mark.parametrize("options", [["-OW", "ignore::ImportWarning"], ["-uWignore::ImportWarning"], []])
def test_options_that_leave_it_in_are_not(tmp_path: Path, options: list[str]) -> None:
    ended = run(tmp_path, sys.executable, *options, "-c", "import sys; print(sys.argv[1:])", "-I", "-S")
    assert (ended.stdout, ended.stderr) == ("['-I', '-S']\n", "")


def test_an_interpreter_without_privacylib_is_told(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "other")], check=True)
    elsewhere, unset = str(tmp_path / "other" / "bin" / "python"), {"PYTHONPATH": ""}
    code = "import os; print('ran')"
    tool = ("sh", "-c", f'{elsewhere} -c "{code}"; true')
    root = str(Path(privacylib.__file__).parent.parent)
    started = f"import sys; sys.path.insert(0, {root!r}); from privacylib.cli import main; main(sys.argv[1:])"
    for command, silent in (((elsewhere, "-c", code), False), (tool, True)):
        for mode in ("observe", "enforce"):
            ended = subprocess.run(
                [sys.executable, "-c", started, "run", "--mode", mode, "--spool", str(tmp_path / mode), "--", *command],
                capture_output=True, text=True, cwd=tmp_path, env=os.environ | unset, check=False,
            )  # fmt: skip
            assert ended.stdout == ("ran\n" if mode == "observe" else "")
            assert ("is not installed for" in ended.stderr) == (mode == "enforce" or not silent)


@pytest.mark.parametrize(("options", "mode"), [(("--mode", "observe"), "observe"), ((), "simulate")])
def test_the_command_line_wins_over_a_variable_and_that_over_the_program(
    tmp_path: Path, options: tuple[str, ...], mode: str
) -> None:
    told = "from privacylib.runtime import ACTIVE\nprint(ACTIVE.snapshot.mode.name.lower())"
    text = f"import privacylib\nprivacylib.init(mode='enforce')\n{told}"
    ended = run(tmp_path, sys.executable, script(tmp_path, text), options=options, PRIVACYLIB_MODE="simulate")
    assert ended.stdout.strip() == mode, ended.stderr


SELDOM = ("decimal", "fractions", "concurrent.futures.process", "multiprocessing.pool", "multiprocessing.queues")


def test_nothing_is_imported_for_a_program_that_does_not_use_it(tmp_path: Path) -> None:
    program = script(tmp_path, f"import sys\nprint([name for name in {SELDOM} if name in sys.modules])\n")
    assert run(tmp_path, sys.executable, program).stdout == "[]\n"


EXECUTOR = "from concurrent.futures import ProcessPoolExecutor as Pool\nask = lambda pool: pool.submit(read).result()"
POOLS = {
    "concurrent.futures": EXECUTOR,
    "multiprocessing": "from multiprocessing import Pool\nask = lambda pool: pool.apply(read)",
    "multiprocessing.pool": "from multiprocessing.pool import Pool\nask = lambda pool: pool.apply(read)",
}


@pytest.mark.parametrize("library", POOLS)
def test_what_a_program_imports_only_then_carries_what_was_read(tmp_path: Path, library: str) -> None:
    (tmp_path / "in.txt").write_text("text")
    program = script(
        tmp_path,
        f"{POOLS[library]}\n"
        "def read():\n    with open('in.txt') as file:\n        return file.read()\n"
        "if __name__ == '__main__':\n"
        "    with Pool(1) as pool:\n        text = ask(pool)\n"
        "    with open('out.txt', 'w') as file:\n        file.write(text)\n",
    )
    assert run(tmp_path, sys.executable, program).stderr == ""
    edges = {(edge.source, edge.sink) for edge in load([tmp_path / "spool"]).edges()}
    assert (f"file://{tmp_path}/in.txt", f"file://{tmp_path}/out.txt") in edges
