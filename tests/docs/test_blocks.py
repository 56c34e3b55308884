"""What the documentation shows is what happens: every block of every page runs, in order, in an empty directory.

Comments right above a block say how: ``<!-- not run: reason -->``, ``<!-- output -->`` (a text block that the block
before it prints, ``...`` standing for anything), ``<!-- file: name -->`` (written, not run), ``<!-- exit: 1 -->``.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.notebook import Notebook
from tests.docs.pages import Block, agrees, blocks, commands

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


class Page:
    """Run the blocks of one page and remember what the last one printed."""

    def __init__(self, path: Path, directory: Path) -> None:
        self._name = path.relative_to(ROOT).as_posix()
        self._directory = directory
        self._environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self._notebook: Notebook | None = None
        self._printed = ""

    def take(self, block: Block) -> None:
        where = f"{self._name}:{block.line}"
        if "not run" in block.marks:
            return
        if block.language in {"yaml", "yml"}:
            check_yaml(block.text, self._directory)
        if "file" in block.marks:
            (self._directory / block.marks["file"]).write_text(block.text)
        elif block.language == "python":
            self._python(block, where)
        elif block.language in {"console", "bash", "sh", "shell"}:
            self._console(block, where)
        elif "output" in block.marks:
            assert agrees(block.text, self._printed), f"{where} shows something else than:\n{self._printed}"

    def close(self) -> None:
        if self._notebook is not None:
            assert self._notebook.close() == 0, f"{self._name}: the process of the page ends with an error"

    def _python(self, block: Block, where: str) -> None:
        self._notebook = self._notebook or Notebook(self._directory, self._environment)
        # Blank lines in front: a traceback shows the line of the page.
        result = self._notebook.run("\n" * block.line + block.text, where)
        assert not result.raised, f"{where}\n{result.raised}"
        self._printed = result.printed

    def _console(self, block: Block, where: str) -> None:
        if not block.text.startswith("$ "):
            self._printed = self._shell(block.text, block, where)
            return
        printed: list[str] = []
        for command in commands(block.text):
            printed.append(self._shell(command.text, block, where))
            if command.shown:
                assert agrees(command.shown, printed[-1]), f"{where} $ {command.text}\nprints:\n{printed[-1]}"
        self._printed = "".join(printed)

    def _shell(self, script: str, block: Block, where: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        expected = int(block.marks.get("exit", 0))
        assert done.returncode == expected, f"{where} $ {script}\nexits with {done.returncode}:\n{done.stdout}"
        return done.stdout


def check_yaml(text: str, directory: Path) -> None:
    """Load a policy file as the library would."""
    if "version: 1" in text.splitlines() and (ROOT / "privacylib/policy/loading.py").exists():
        path = directory / "block.yaml"
        path.write_text(text)
        importlib.import_module("privacylib.policy.loading").load(path)


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    running = Page(request.param, tmp_path)
    yield running
    running.close()


@pytest.mark.parametrize(
    ("page", "path"), [(p, p) for p in PAGES], indirect=["page"], ids=[p.relative_to(ROOT).as_posix() for p in PAGES]
)
def test_page_tells_the_truth(page: Page, path: Path) -> None:
    for block in blocks(path):
        page.take(block)
