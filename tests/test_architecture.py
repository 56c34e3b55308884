"""What the layers of pyproject.toml cannot express: sizes, names, cycles, and what an import costs."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "privacylib"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
NAMES_WITHOUT_MEANING = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
EXCEPTION = re.compile(r"# (?:noqa|type: ignore|pyright: ignore)")
REASON = re.compile(EXCEPTION.pattern + r".* - \w")
HEAVY = {
    "aiohttp", "asyncpg", "confluent_kafka", "duckdb", "google", "grpc", "hatchling", "httpx", "kafka", "numpy",
    "opentelemetry.exporter", "opentelemetry.sdk", "pandas", "psycopg", "pyarrow", "pydantic", "pytest", "redis",
    "requests", "sklearn", "sqlalchemy", "sqlglot", "sqlite3", "starlette", "torch", "urllib3", "uvicorn", "yaml",
}  # fmt: skip
LATER = {
    "mmap", "multiprocessing", "privacylib.config", "privacylib.drain", "privacylib.exporters",
    "privacylib.model.policy", "privacylib.policy.engine", "privacylib.propagation", "privacylib.recorder",
}  # fmt: skip
"""What is needed from `init` on, and not before."""

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)


def at(path: Path, line: int) -> str:
    """Return where a line is."""
    return f"{path.relative_to(ROOT)}:{line}"


@pytest.mark.any_python
def test_a_file_is_one_room() -> None:
    sizes = {at(path, 1): len(path.read_text().splitlines()) for path in FILES}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FILE} == {}


@pytest.mark.any_python
def test_a_function_fits_a_page() -> None:
    sizes = {
        f"{at(path, node.lineno)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, type_of_function)
    }
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.any_python
def test_an_exception_to_a_rule_has_a_reason() -> None:
    lines = {at(path, number): line for path in FILES for number, line in enumerate(path.read_text().splitlines(), 1)}
    assert [where for where, line in lines.items() if EXCEPTION.search(line) and not REASON.search(line)] == []


def test_a_name_says_what_is_inside() -> None:
    paths = [path.relative_to(ROOT).with_suffix("") for path in (*FILES, *(ROOT / "tests").rglob("*.py"))]
    assert [path for path in paths if NAMES_WITHOUT_MEANING.intersection(path.parts)] == []


def test_modules_import_each_other_without_a_cycle() -> None:
    modules = {module_name(path): path for path in FILES}
    graph = {name: {to for to in imported(path) if to in modules} for name, path in modules.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules)


def test_importing_privacylib_is_light() -> None:
    assert loaded("", HEAVY | LATER) == []


def test_starting_without_policy_and_exporter_loads_neither_parser_nor_sdk(tmp_path: Path) -> None:
    assert loaded(f"privacylib.init(service='s', spool={str(tmp_path)!r})", HEAVY) == []


def loaded(work: str, names: set[str]) -> list[str]:
    """Return which of some modules, or of what is in them, a fresh process loads that does more than import us."""
    code = f"import sys, privacylib\n{work}\nprint(*sys.modules, sep='\\n')"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "privacylib" in found
    return [name for name in found if any(name == each or name.startswith(f"{each}.") for each in names)]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Yield what a file imports when it is itself imported, or for its annotations."""
    for node in at_import(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            inside = {name for name in modules if is_module(name)}
            yield from inside
            if modules - inside:
                yield node.module


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module that run when it is imported: all but the bodies of functions."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, (*type_of_function, ast.Lambda)):
            yield from at_import(node)


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
