"""The command line as a whole: what it says of itself, and how commands end."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from privacylib import cli
from privacylib.errors import SpoolError

PACKAGE = Path(cli.__file__).parent


def test_every_command_is_a_module_with_a_parser_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}
    assert set(cli.COMMANDS) <= modules
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(f"\n    {name} " in told for name in cli.COMMANDS)


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_an_error_of_ours_is_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> int:
        raise SpoolError("no spool here")

    def parser(_: Sequence[str]) -> argparse.ArgumentParser:
        return parser_of(fail)

    monkeypatch.setattr(cli, "parser", parser)
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err == "privacylib: no spool here\n"


def test_a_program_that_is_run_waits_for_nothing_but_what_starts_it(tmp_path: Path) -> None:
    code = (
        "import os, sys; from privacylib.cli import main\n"
        "os.execvpe = lambda *_: sys.exit(print(*sys.modules))\n"
        "main(['run', '--', 'true'])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    there = set(done.stdout.split())
    names = ("_bootstrap", "cli", "cli.run", "errors", "families", "families.interpreters")
    assert {name for name in there if name.startswith("privacylib.")} == {f"privacylib.{name}" for name in names}
    assert not there & {"attr", "asyncio", "opentelemetry", "yaml"}


def parser_of(run: object) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_subparsers(required=True).add_parser("fail").set_defaults(run=run)
    return parser
