"""``privacylib demo`` where it cannot run."""

import pytest

from privacylib import cli
from privacylib.cli import demo


def test_what_is_missing_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "NEEDED", ("json", "no_such_module"))
    assert cli.main(["demo"]) == 1
    told = capsys.readouterr().err
    assert "no_such_module" in told
    assert "json" not in told
    assert "pip install 'privacylib[demo]'" in told


def test_a_duckdb_that_is_not_seen_is_no_warehouse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "NEEDED", ("json",))
    monkeypatch.setattr(demo, "version", {"duckdb": "1.3.2"}.__getitem__)
    assert cli.main(["demo"]) == 1
    assert "duckdb 1.4 or newer" in capsys.readouterr().err
