"""Run the blocks of one page, in order, in one directory."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

from tests.docs.notebook import Notebook
from tests.docs.pages import Block, agrees, commands

ROOT = Path(__file__).parents[2]


class Page:
    """Run blocks that share a namespace and a directory, and remember what the last one printed.

    Args:
        directory: Where they run.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self._notebook: Notebook | None = None
        self._printed = ""

    def take(self, block: Block, where: str) -> None:
        """Run or compare one block; `where` names it when it fails."""
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
        """End the process of the page, if it has Python blocks."""
        if self._notebook is not None:
            assert self._notebook.close() == 0, "the process of the page ends with an error"

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
