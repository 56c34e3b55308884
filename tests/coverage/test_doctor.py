"""What the doctor says of gaps: of processes that ended, were killed, forked, or met a library that had moved."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from privacylib import cli
from privacylib.doctor import diagnose
from privacylib.recorder import adopt, producers

BEGIN = """
import io, os, signal, socket, sys
import privacylib
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2] or None, mode="enforce", instrument=["files"])
data = sys.argv[1] + ".data"
def raw(mode="r"): io.FileIO(data, mode).close()
raw("w")
"""
KILL = "os.kill(os.getpid(), signal.SIGKILL)\n"
POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}}
requirements:
  - {id: seen-only, applies_to: [CONTACT], allow: {}, uncovered: deny, mode: enforce}
"""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def run(spool: Path, code: str, policy: Path | str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BEGIN + code, str(spool), str(policy)]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def gaps(spool: Path) -> dict[str, int]:
    return {f"{gap.event} {gap.site}": gap.count for gap in diagnose([spool]).gaps}


def test_gaps_are_told_by_call_site_and_survive_a_kill(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, "for _ in range(50): raw()")
    run(spool, f"for _ in range(50): raw()\n{KILL}")
    assert gaps(spool) == {"open(r) __main__:raw:6": 100, "open(w) __main__:raw:6": 2}
    assert cli.main(["doctor", "--spool", str(spool)]) == 0
    told = capsys.readouterr().out
    assert "open(r)  __main__:raw:6  100    shop" in told
    assert cli.main(["doctor", "--json", "--spool", str(spool)]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["gaps"][0] == {"event": "open(r)", "site": "__main__:raw:6", "count": 100, "services": ["shop"]}
    assert [each["gaps"]["open(r) __main__:raw:6"] for each in found["processes"]] == [50, 50]


def test_a_forked_child_counts_its_own_and_what_is_folded_stays(spool: Path) -> None:
    code = f"""
if os.fork() == 0:
    raw(); raw()
    {KILL}
os.wait()
raw()
"""
    ran = run(spool, code)
    assert ran.returncode == 0, ran.stderr
    assert sorted(each.gaps["open(r) __main__:raw:6"] for each in producers(spool)) == [1, 2]
    assert adopt(spool) == 2
    assert [each.meta.get("folded") for each in producers(spool)] == [True]
    assert gaps(spool)["open(r) __main__:raw:6"] == 3


def test_the_table_is_bounded_and_names_are_cut_in_their_middle(spool: Path) -> None:
    code = """
for n in range(200):
    exec(f"def f{n}(): io.FileIO(data).close()")
    globals()[f"f{n}"]()
exec(f"def g{'x' * 200}(): io.FileIO(data).close()\\ng{'x' * 200}()", {**globals(), "__name__": "pkg"})
"""
    ran = run(spool, code)
    assert ran.returncode == 0, ran.stderr
    found = gaps(spool)
    assert len(found) == 128
    assert sum(found.values()) == 202
    assert found["other "] == 202 - 127


def test_libraries_that_do_their_io_unseen_are_named_also_when_they_come_later(
    spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lmdb.py").write_text("")
    (tmp_path / "plyvel.py").write_text("raise ImportError")
    code = "import lmdb\ntry: import plyvel\nexcept ImportError: pass\n"
    run(spool, code + KILL, PYTHONPATH=str(tmp_path))
    assert cli.main(["doctor", "--spool", str(spool)]) == 0
    told = capsys.readouterr().out
    assert "not visible to the account, because they do I/O in native code: lmdb (LMDB)\n" in told
    assert "UNCOVERED" not in told


SMALL = """
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Integration, Patch
from privacylib.model import Asset, Kind, Operation
def saved(call): return (Operation(Kind.WRITE, Asset("small", "store")),)
table = Integration("small", (Patch("small:save", saved),), "small", ("1.0", "2.0"), connects=("small",))
patching.install([table])
import small
"""
LIBRARY = "import io\ndef {name}(path, text):\n    with io.FileIO(path, 'w') as file: file.write(text)\n"


@pytest.mark.parametrize(
    ("version", "name", "why"), [("2.1", "save", "version 2.1"), ("1.9", "store", "not there"), ("1.1", "save", "")]
)
def test_fault_45_a_library_that_moved_is_uncovered_loudly_and_its_sink_is_closed(
    spool: Path, tmp_path: Path, version: str, name: str, why: str
) -> None:
    (tmp_path / "small.py").write_text(LIBRARY.format(name=name))
    (tmp_path / f"small-{version}.dist-info").mkdir()
    (tmp_path / f"small-{version}.dist-info" / "METADATA").write_text(f"Name: small\nVersion: {version}\n")
    (tmp_path / "policy.yaml").write_text(POLICY)
    code = f"""
try:
    with privacylib.zone("order", labels={{"CONTACT"}}):
        small.{name}(data + ".sink", b"x")
except privacylib.PolicyDenied as denied: print(denied.decision.requirement)
"""
    ran = run(spool, SMALL + code, tmp_path / "policy.yaml", PYTHONPATH=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    loud = f"UNCOVERED small {version}: small:save is {why};"
    found = diagnose([spool])
    if why:
        assert loud in ran.stderr
        assert found.uncovered == {"small:save": why}
        assert ran.stdout == "seen-only\n"
        assert not Path(f"{spool}.data.sink").exists()
        assert f"open(w) small:{name}:3" in gaps(spool)
    else:
        assert ran.stderr == ""
        assert found.uncovered == {}
        assert Path(f"{spool}.data.sink").read_bytes() == b"x"
        assert list(gaps(spool)) == ["open(w) __main__:raw:6"]


def test_nobody_keeps_account_where_nothing_is_instrumented(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = BEGIN.replace('instrument=["files"]', "instrument=False") + "with privacylib.read('db://x'): pass"
    subprocess.run([sys.executable, "-c", code, str(spool), ""], check=True)
    assert cli.main(["doctor", "--spool", str(spool)]) == 0
    assert "no process kept account of them" in capsys.readouterr().out
