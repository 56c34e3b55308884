"""A nightly batch on pandas and DuckDB."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from privacylib.doctor import diagnose
from tests.programs.running import Found, Program, found_in, pairs, read_file, run_command

for name in ("pandas", "duckdb", "pyarrow"):
    pytest.importorskip(name)
pytestmark = [pytest.mark.slow, pytest.mark.library]

READ = read_file("batch_job.yaml")
TRUE = pairs(READ, "edges")


def prepared(directory: Path) -> Path:
    work = directory / "work"
    shutil.copytree(Path(__file__).with_name("batch"), work, ignore=shutil.ignore_patterns("__pycache__"))
    customers = (
        "id,email,country\n1,Canary@example.org ,de\n2,bo@example.org,fr\n2,bo@example.org,fr\n3,cy@example.org,\n"
    )
    (work / "customers.csv").write_text(customers)
    (work / "orders.csv").write_text("id,customer,amount\n1,1,10\n2,2,7\n3,2,-1\n4,3,5\n")
    (work / "before.csv").write_text("country,amount\nde,10\nfr,1\n")
    (work / "settings.json").write_text('{"least": 2}')
    return work


def run(directory: Path, *before: str) -> Path:
    work = prepared(directory)
    ran = subprocess.run([*before, sys.executable, "nightly.py"], cwd=work, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    return work


def observed(place: Path) -> Found:
    """Run the program under privacylib, and return its edges."""
    work = run(place, *run_command(place / "spool"))
    database = f"duckdb://{work}/warehouse.duckdb/"
    return found_in(place / "spool", {f"{database}main.": "wh/", database: "wh/", f"file://{work}/": "file/"})


PROGRAM = Program("nightly batch", observed, TRUE, READ)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batch")


@pytest.fixture(scope="module")
def found(place: Path) -> Found:
    return observed(place)


def test_it_does_what_it_does_without(place: Path, found: Found, tmp_path: Path) -> None:
    assert found.every
    bare = run(tmp_path)
    for name in ("totals.csv", "refused.csv", "changes.json"):
        assert (place / "work" / name).read_bytes() == (bare / name).read_bytes()
    assert json.loads((bare / "changes.json").read_text())


def test_every_true_edge_is_found(found: Found) -> None:
    assert found.recall(TRUE) == []


def test_what_is_above_context_is_true(found: Found) -> None:
    assert len(found.above) >= 5
    assert found.precision(TRUE) >= 0.95
    assert found.impossible(READ) == []


def test_nothing_it_does_is_a_gap_and_what_native_code_does_is_named(place: Path, found: Found) -> None:
    assert found.every
    told = diagnose([place / "spool"])
    assert told.gaps == []
    assert told.unaudited == {"duckdb": "DuckDB", "pyarrow": "Arrow"}
