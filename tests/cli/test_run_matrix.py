"""``privacylib run`` on each way to start Python: the same output, exit status and signals as without, and seen."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from privacylib.graph import load
from tests.servers import await_port, free_port

RUN = [sys.executable, "-m", "privacylib.cli", "run", "--spool", "spool", "--"]

COPY = """
import sqlite3, sys

def copy(sink):
    with sqlite3.connect("shop.db", timeout=30) as database:
        database.executescript(f"create table if not exists a (x); create table if not exists {sink} (x)")
        database.execute(f"insert into {sink} select x from a")
    database.close()
"""

WAIT = "print('up', flush=True)\nfor _ in range(600): time.sleep(0.1)\n"
"""In short sleeps: Python handles what arrives right before a sleep when that is over."""

PROGRAMS = {
    "program": "from copying import copy\nimport sys\ncopy('own')\nprint(sys.argv[1:], sys.stdin.read())\nexit(3)\n",
    "atexit": "from copying import copy\nimport atexit, sys\natexit.register(sys.exit, 5)\ncopy('own')\nprint('x')\n",
    "raises": "from copying import copy\ncopy('own')\nraise ValueError('wrong')\n",
    "waits": f"from copying import copy\nimport time\ncopy('own')\n{WAIT}",
    "handles": (
        "from copying import copy\nimport signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        f"copy('own')\n{WAIT}"
    ),
    "replaces": "import os, sys\nos.execv(sys.executable, [sys.executable, 'program.py', 'replaced'])\n",
    "starts": "import subprocess, sys\nsubprocess.run([sys.executable, 'program.py', 'child'], check=False)\n",
    "spawns": (
        "from copying import copy\nimport multiprocessing, sys\n"
        "if __name__ == '__main__':\n    way = multiprocessing.get_context(sys.argv[1])\n"
        "    child = way.Process(target=copy, args=('own',))\n"
        "    child.start()\n    child.join()\n    print(child.exitcode)\n"
    ),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "copying.py").write_text(COPY)
    for name, text in PROGRAMS.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "command").write_text(f"#!{sys.executable}\n{PROGRAMS['program']}")
    (tmp_path / "command").chmod(0o755)
    return tmp_path


def run(place: Path, command: Sequence[str], stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        command, input=stdin, cwd=place, capture_output=True, text=True, check=False, timeout=60,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((ROOT, str(place), os.environ.get("PYTHONPATH", "")))},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def copied(place: Path) -> list[int]:
    """Return how often what a program copies was seen to be."""
    edges = load([place / "spool"]).edges()
    return [edge.count for edge in edges if edge.evidence.value == "parsed" and "shop.db/own" in edge.sink]


WAYS: dict[str, Sequence[str]] = {
    "script": (sys.executable, "program.py", "--mode", "x"),
    "module": (sys.executable, "-m", "program", "-S"),
    "text": (sys.executable, "-c", PROGRAMS["program"], "-I"),
    "console script": ("./command", "y"),
    "unbuffered and optimised": (sys.executable, "-uOO", "program.py"),
    "exit in atexit": (sys.executable, "atexit.py"),
    "uncaught error": (sys.executable, "raises.py"),
    "os.execv": (sys.executable, "replaces.py"),
    "subprocess": (sys.executable, "starts.py"),
    "shell": ("sh", "-c", f"{sys.executable} program.py; exit 4"),
    "spawn": (sys.executable, "spawns.py", "spawn"),
    "forkserver": (sys.executable, "spawns.py", "forkserver"),
    "fork": (sys.executable, "spawns.py", "fork"),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_as_without_and_seen(place: Path, way: str) -> None:
    bare = run(place, WAYS[way], "fed")
    assert run(place, [*RUN, *WAYS[way]], "fed") == bare
    assert copied(place) == [1]


def test_a_program_from_standard_input_is_seen_too(place: Path) -> None:
    text = PROGRAMS["raises"]
    bare = run(place, [sys.executable, "-"], text)
    assert run(place, [*RUN, sys.executable, "-"], text) == bare
    assert copied(place) == [1]


@pytest.mark.parametrize(
    ("program", "sent", "status"),
    [
        ("waits", signal.SIGTERM, -signal.SIGTERM),
        ("waits", signal.SIGINT, -signal.SIGINT),
        ("waits", signal.SIGKILL, -signal.SIGKILL),
        ("handles", signal.SIGTERM, 9),
    ],
)
def test_signals_end_it_as_without_and_lose_nothing(
    place: Path, program: str, sent: signal.Signals, status: int
) -> None:
    with subprocess.Popen(
        [*RUN, sys.executable, f"{program}.py"], cwd=place, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((ROOT, os.environ.get("PYTHONPATH", "")))},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(sent)
        assert process.wait(30) == status
    assert copied(place) == [1]


APP = """
from copying import copy

async def app(scope, receive, send):
    if scope["type"] == "http":
        copy("own")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})
"""


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("option", [("--workers", "2"), ("--reload",)])
def test_workers_of_uvicorn_are_seen(place: Path, option: Sequence[str]) -> None:
    pytest.importorskip("uvicorn")
    httpx = pytest.importorskip("httpx")
    (place / "served.py").write_text(APP)
    port = free_port()
    served = [sys.executable, "-m", "uvicorn", "served:app", "--port", str(port), *option]
    with subprocess.Popen(
        [*RUN, *served], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((ROOT, os.environ.get("PYTHONPATH", "")))},
    ) as process:  # fmt: skip
        try:
            await_port(port, process)
            with closing(httpx.Client()) as client:
                assert client.get(f"http://127.0.0.1:{port}/", timeout=30).text == "done"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    assert copied(place) == [1]
    assert {edge.service for edge in load([place / "spool"]).edges()} == {"uvicorn"}


ROOT = str(Path(__file__).parents[2])
