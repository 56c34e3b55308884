"""The command line as a whole: what it says of itself, and how commands end."""

import argparse
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

    monkeypatch.setattr(cli, "parser", lambda: parser_of(fail))
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err == "privacylib: no spool here\n"


def parser_of(run: object) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_subparsers(required=True).add_parser("fail").set_defaults(run=run)
    return parser
