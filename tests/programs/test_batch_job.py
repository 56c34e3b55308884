"""A nightly batch on pandas and DuckDB."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from privacylib.naming import file_asset, templated
from tests.programs.__main__ import directory_for
from tests.programs.running import Found, Program, found_in, pairs, read_file, run_command
from tests.programs.script import OfAScript

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


class TestTheBatch(OfAScript):
    program = PROGRAM
    run = staticmethod(run)
    made = ("totals.csv", "refused.csv", "changes.json")
    least = 5


def test_the_table_of_all_is_made_where_names_are_kept() -> None:
    with directory_for(PROGRAM.name) as directory:
        place = file_asset(str(directory / "work" / "totals.csv"))
        assert templated(place) == place
