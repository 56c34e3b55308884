"""Children that `privacylib run` does not go along with: each is a gap, also where the call that starts it is seen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, subprocess, sys
told, python = dict(os.environ), sys.executable
def spawned(env):
    os.waitpid(os.posix_spawn(python, [python, "-c", "pass"], env), 0)
subprocess.run([python, "-c", "pass"], env={})
subprocess.run([python, "-c", "pass"], env={"PYTHONPATH": told["PYTHONPATH"], "PRIVACYLIB_RUN": "1"})
subprocess.run([python, "-c", "pass"])
subprocess.run(["/bin/true"], env={})
spawned({})
spawned(told)
os.execve(python, [python, "-c", "pass"], {})
"""


def test_a_child_of_python_without_our_environment_is_a_gap(tmp_path: Path) -> None:
    program, spool = tmp_path / "program.py", tmp_path / "spool"
    program.write_text(PROGRAM)
    ours = [sys.executable, "-m", "privacylib.cli"]
    subprocess.run([*ours, "run", "--spool", spool, "--", sys.executable, program], check=True, timeout=60)
    asked = [*ours, "doctor", "--json", "--spool", spool]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout)
    unseen = {(gap["event"], gap["site"], gap["count"]) for gap in told["gaps"] if gap["event"].endswith("(unseen)")}
    assert unseen == {
        ("subprocess.Popen(unseen)", "__main__:<module>:6", 1),
        ("os.posix_spawn(unseen)", "__main__:spawned:5", 1),
        ("os.exec(unseen)", "__main__:<module>:12", 1),
    }


UNSEEN = """
import os, subprocess, sys
ways = {
    "isolated": lambda: subprocess.run([sys.executable, "-I", "j.py"]),
    "without site": lambda: subprocess.run([sys.executable, "-S", "j.py"]),
    "combined": lambda: subprocess.run([sys.executable, "-uBE", "-X", "dev", "j.py"]),
    "by a shell": lambda: subprocess.run("cd . && exec python -E j.py", shell=True),
    "by env": lambda: subprocess.run(["/usr/bin/env", "-i", sys.executable, "j.py"]),
    "assigned": lambda: subprocess.run("PYTHONPATH=. python j.py", shell=True),
    "a line": lambda: os.system("python -IS j.py"),
    "a line elsewhere": lambda: (os.environ.update(PYTHONPATH="."), os.system("python j.py")),
    "told nothing": lambda: (os.environ.pop("PRIVACYLIB_RUN"), subprocess.run([sys.executable, "j.py"])),
}
ways["wrong"] = lambda: subprocess.run([sys.executable, 1])
from privacylib import PolicyDenied, read, zone
with zone("order"):
    with read("file:///people"):
        pass
    try:
        ways[sys.argv[1]]()
    except PolicyDenied:
        print("denied")
    except TypeError:
        print("wrong")
"""
SEEN = """
import os, subprocess, sys
os.environ["PYTHONPATH"] = "."
ways = {
    "run": lambda: subprocess.run([sys.executable, "j.py"], check=True),
    "given": lambda: subprocess.run([sys.executable, "j.py"], check=True, env={**os.environ, "MINE": "1"}),
    "by a shell": lambda: subprocess.run(f"{sys.executable} j.py", shell=True, check=True),
    "in its place": lambda: os.execv(sys.executable, [sys.executable, "j.py"]),
    "in its place, given": lambda: os.execvpe(sys.executable, [sys.executable, "j.py"], {**os.environ, "MINE": "1"}),
    "spawned": lambda: os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "j.py"], os.environ), 0),
    "kept": lambda: subprocess.run("PYTHONPATH=lib:$PYTHONPATH python j.py", shell=True, check=True),
}
ways[sys.argv[1]]()
assert os.environ["PYTHONPATH"] == "."
"""
POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}}
assets:
  - {match: "file:///people", labels: [CONTACT]}
  - {match: "command://**", labels: [CONTACT]}
requirements:
  - {id: orders, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce, uncovered: deny}
"""
CHILD = "import sys; print('seen' if 'privacylib' in sys.modules else 'unseen')"


def run(room: Path, program: str, way: str, *options: str) -> str:
    (room / "program.py").write_text(program)
    (room / "policy.yaml").write_text(POLICY)
    (room / "j.py").write_text(CHILD)
    start = [sys.executable, "-m", "privacylib.cli", "run", "--spool", "spool", *options, "--", sys.executable]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [*start, "program.py", way], cwd=room, check=True, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize(
    "way",
    [
        "isolated", "without site", "combined", "by a shell", "by env", "assigned", "a line", "a line elsewhere",
        "told nothing",
    ],
)  # fmt: skip
def test_what_leaves_us_out_is_refused_where_a_requirement_minds(tmp_path: Path, way: str) -> None:
    assert run(tmp_path, UNSEEN, way, "--mode", "enforce", "--policy", "policy.yaml") == "denied"


@pytest.mark.parametrize(
    "way", ["run", "given", "by a shell", "in its place", "in its place, given", "spawned", "kept"]
)
def test_a_path_that_was_overwritten_brings_us_along_still(tmp_path: Path, way: str) -> None:
    assert run(tmp_path, SEEN, way) == "seen"


def test_words_that_are_none_are_the_librarys_to_refuse(tmp_path: Path) -> None:
    assert run(tmp_path, UNSEEN, "wrong", "--mode", "enforce", "--policy", "policy.yaml") == "wrong"
