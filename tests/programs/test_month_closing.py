"""The closing of a month on DuckDB, pandas and NumPy: layers of tables, each made of those below it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs.running import Found, Program, found_in, pairs, read_file, run_command
from tests.programs.script import OfAScript

for name in ("pandas", "duckdb", "pyarrow"):
    pytest.importorskip(name)
pytestmark = [pytest.mark.slow, pytest.mark.library]

READ = read_file("month_closing.yaml")
TRUE = pairs(READ, "edges")
RECEIVED = {
    "in/customers.csv": "id,email,country\n1,Canary@example.org ,de\n2,bo@example.org,fr\n3,cy@example.org,it\n",
    "in/orders.csv": "id,customer,day,currency\n1,1,2026-01-01,eur\n2,1,2026-01-03,eur\n3,2,2026-01-03,usd\n",
    "in/items.csv": "item,orderid,product,price\n1,1,lamp,90\n2,2,desk,80\n3,3,lamp,95\n4,3,pen,-1\n",
    "in/refunds.json": '[{"orderid": 2, "amount": 80.0}]',
    "in/rates.csv": "currency,rate\neur,1\nusd,0.9\nxxx,-1\n",
    "in/visits.csv": "visitor,page,day\n1,/lamp,2026-01-01\n2,/desk,2026-01-03\n9,/lamp,2026-01-03\n",
    "limits.json": '{"factor": 2.0}',
}


def run(directory: Path, *before: str) -> Path:
    work = directory / "work"
    shutil.copytree(Path(__file__).with_name("month"), work, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("in", "out"):
        (work / folder).mkdir()
    for name, text in RECEIVED.items():
        (work / name).write_text(text)
    ran = subprocess.run([*before, sys.executable, "closing.py"], cwd=work, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    return work


def observed(place: Path) -> Found:
    """Run the program under privacylib, and return its edges."""
    work = run(place, *run_command(place / "spool"))
    names = {f"duckdb://{work}/month.duckdb/": "wh/", f"duckdb://{work}/archive.duckdb/": "archive/"}
    mains = {f"{start}main.": name for start, name in names.items()}
    return found_in(place / "spool", {**mains, **names, f"file://{work}/": "file/"})


PROGRAM = Program("closing of a month", observed, TRUE, READ)


class TestTheClosing(OfAScript):
    program = PROGRAM
    run = staticmethod(run)
    made = ("out/countries.parquet", "out/funnel.csv", "out/products.json", "out/refunds.csv", "out/report.txt")
    least = 35
