"""``privacylib policy check``: one clear error, or what looks suspicious."""

from pathlib import Path

import pytest

from privacylib import cli

POLICIES = Path(__file__).parents[1] / "policy"


def test_a_good_file_is_valid_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "check", str(POLICIES / "good" / "full.yaml")]) == 0
    assert "valid; " in capsys.readouterr().out


def test_a_bad_file_is_one_line_with_place_and_remedy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "policy.yaml"
    bad.write_text("version: 1\nlabels: {CONTACT: {}}\nassets:\n  - {match: 's3://**', labells: [CONTACT]}\n")
    assert cli.main(["policy", "check", str(bad)]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"{bad}:4" in told
    assert "labels" in told


def test_what_nothing_uses_is_named_and_the_file_stays_valid(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nlabels: {CONTACT: {}}\n")
    assert cli.main(["policy", "check", str(file)]) == 0
    told = capsys.readouterr()
    assert "CONTACT" in told.err
    assert "valid; 1 labels" in told.out
