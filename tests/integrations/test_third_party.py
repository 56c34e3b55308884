"""An integration that another package brings, from an installed wheel."""

import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

import privacylib
from privacylib import integrations
from privacylib.graph import load

LIBRARY = """
from pathlib import Path

def send(address, text):
    with Path(address).open("a") as file:
        file.write(text)
"""

TABLE = """
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation
from privacylib.naming import asset


def sent(call: Call) -> tuple[Operation, ...]:
    return (Operation(Kind.WRITE, asset("parcel://office/" + call["address"])),)


INTEGRATION = Integration("parcels", (Patch("parcels:send", sent),), distribution="parcels", versions=("1", "3"))
WRONG = "no table"
"""

PROGRAM = """
import sqlite3
from parcels import send
database = sqlite3.connect("shop.db")
(name,), = database.execute("select name from people").fetchall()
send("outbox", name)
"""


def installed(directory: Path, points: Mapping[str, str]) -> Path:
    """Install a package that brings a library and its integration, as pip does, and return where."""
    wheel, place = directory / "parcels-2.0-py3-none-any.whl", directory / "site"
    info = "parcels-2.0.dist-info"
    entries = "\n".join(f"{name} = {value}" for name, value in points.items())
    files = {
        "parcels/__init__.py": LIBRARY,
        "parcels/seen.py": TABLE,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: parcels\nVersion: 2.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[privacylib.integrations]\n{entries}\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD")))
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([*command, "--target", str(place), str(wheel)], check=True)
    return place


def run(directory: Path, site: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "program.py").write_text(PROGRAM)
    with closing(sqlite3.connect(directory / "shop.db")) as database:
        database.execute("create table if not exists people as select 'ana' name")
    root = str(Path(privacylib.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (root, str(site), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "privacylib.cli", "run", "--spool", str(directory / "spool"), *options, "--"]
    return subprocess.run(
        [*command, sys.executable, "program.py"], cwd=directory, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_package_brings_an_integration(tmp_path: Path) -> None:
    site = installed(tmp_path, {"parcels": "parcels.seen:INTEGRATION"})
    ended = run(tmp_path, site)
    assert (ended.returncode, ended.stderr) == (0, "")
    pairs = {(edge.source.partition("#")[0], edge.sink) for edge in load([tmp_path / "spool"]).edges()}
    assert (f"sqlite://{tmp_path}/shop.db/people", "parcel://office/outbox") in pairs


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ({"parcels": "parcels.seen:WRONG"}, "it is no Integration of that name"),
        ({"others": "parcels.seen:INTEGRATION"}, "it is no Integration of that name"),
        ({"parcels": "parcels.nosuch:INTEGRATION"}, "it cannot be imported: ModuleNotFoundError"),
        ({"sqlite3": "parcels.seen:INTEGRATION"}, "privacylib has one of that name"),
    ],
)
def test_one_that_cannot_be_used_is_named(tmp_path: Path, points: dict[str, str], problem: str) -> None:
    ended = run(tmp_path, installed(tmp_path, points))
    assert ended.returncode == 0
    name = next(iter(points))
    told = f"privacylib: the integration {name!r} of the package parcels: {problem}"
    assert ended.stderr.startswith(told)
    assert "runs unobserved" in ended.stderr
    assert run(tmp_path, tmp_path / "site", "--mode", "enforce").returncode == 78


def test_those_of_privacylib_are_known_without_a_package() -> None:
    assert integrations.own() <= integrations.names()
