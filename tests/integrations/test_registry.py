"""Every integration is in the registry, short, and held to the conformance suite."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation.table import Integration
from privacylib.runtime import ACTIVE
from tests.integrations.conformance import Conformance

NAMES = sorted(integrations.names())
LONGEST = 79
"""Under 80 lines."""


@pytest.mark.library
@pytest.mark.parametrize("name", NAMES)
def test_an_integration_is_a_short_table_and_passes_the_suite(name: str) -> None:
    module = importlib.import_module(f"privacylib.integrations.{name}")
    assert isinstance(module.INTEGRATION, Integration)
    assert module.INTEGRATION.name == name
    assert len(Path(str(module.__file__)).read_text().splitlines()) <= LONGEST
    suite = importlib.import_module(f"tests.integrations.test_{name}").TestConformance
    assert issubclass(suite, Conformance)
    assert suite.name == name


def test_installing_imports_none_of_the_libraries() -> None:
    code = """
import sys
import privacylib
from privacylib import integrations
integrations.install(None)
drivers = ("sqlite3", "aiosqlite", "psycopg", "psycopg2", "asyncpg", "pymysql", "duckdb", "sqlglot")
print([name for name in ("httpx", "aiohttp", "uvicorn", "werkzeug", *drivers) if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_what_no_module_waits_for_is_not_imported(tmp_path: Path) -> None:
    code = """
import sys
import privacylib
privacylib.init(service="shop", spool="spool", instrument=True)
def there(): return {name.rpartition(".")[2] for name in sys.modules if name.startswith("privacylib.integrations.")}
before = there()
assert {"files", "subprocess"} <= before, before
assert not {"sqlite3", "smtplib", "psycopg", "duckdb", "grpc"} & before, before
import sqlite3
assert there() - before == {"sqlite3"}
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env={"PYTHONPATH": ROOT})


@pytest.mark.pure
def test_fault_46_no_extension_comes_in_that_could_bring_the_gil_back(tmp_path: Path) -> None:
    code = """
import sys
import privacylib
privacylib.init(service="shop", spool="spool", instrument=True)
outside = [name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names]
files = [getattr(sys.modules[name], "__file__", None) or "" for name in outside]
assert not [file for file in files if file.endswith((".so", ".dylib"))], files
built_without = __import__("sysconfig").get_config_var("Py_GIL_DISABLED")
assert not built_without or not sys._is_gil_enabled()
"""
    command, told = [sys.executable, "-c", code], {"PYTHONPATH": ROOT}
    done = subprocess.run(command, check=False, cwd=tmp_path, env=told, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(privacylib.PrivacyError, match=r"no integration 'nosuch' to instrument; there are .*sqlite3"):
        privacylib.init(service="shop", spool=tmp_path / "spool", instrument=("sqlite3", "nosuch"))
    assert ACTIVE.snapshot is None
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize(
    ("instrument", "seen"), [("True", True), ("['sqlite3']", True), ("['files']", False), ("False", False)]
)
def test_init_instruments_what_it_is_asked_for(tmp_path: Path, instrument: str, seen: bool) -> None:
    code = f"""
import privacylib
privacylib.init(service="shop", spool="spool", instrument={instrument})
import sqlite3
with privacylib.scope("job"):
    connection = sqlite3.connect("shop.db")
    connection.executescript("create table a (x); create table b (x)")
    connection.execute("insert into b select x from a")
connection.close()
from pathlib import Path
from privacylib.graph import load
print([edge.evidence.value for edge in load([Path("spool")]).edges()])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": ROOT}
    )
    assert done.stdout == ("['parsed']\n" if seen else "[]\n")


ROOT = str(Path(__file__).parents[2])
