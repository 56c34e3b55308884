"""``privacylib policy check``: one clear error, or what looks suspicious."""

from pathlib import Path

import pytest

from privacylib import cli
from privacylib.policy.forms import FORMS

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


def test_a_fingerprint_is_printed_as_the_policy_takes_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jobs_of_tests.py").write_text("class Report:\n    def build(self):\n        return 1\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["policy", "fingerprint", "jobs_of_tests:Report.build"]) == 0
    assert FORMS["fingerprint"].accepts(capsys.readouterr().out.strip())


NAMED_OTHERWISE = """
from json import dumps
class Report:
    def __call__(self, rows): return len(rows)
    def build(self, rows): return len(rows)
report, short = Report(), lambda rows: len(rows)
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Report.build", ""),
        ("report", "`transform: named_otherwise:Report`"),
        ("report.build", "`transform: named_otherwise:Report.build`"),
        ("dumps", "`transform: json:dumps`"),
        ("short", "no entry can name"),
    ],
)
def test_a_transform_that_the_program_names_otherwise_is_told(
    name: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "named_otherwise.py").write_text(NAMED_OTHERWISE)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["policy", "fingerprint", f"named_otherwise:{name}"]) == 0
    shown = capsys.readouterr()
    assert FORMS["fingerprint"].accepts(shown.out.strip())
    assert (told in shown.err, bool(shown.err)) == (True, bool(told))


@pytest.mark.parametrize(
    ("name", "told"),
    [("jobs", "write module:name"), ("no_such_module:f", "run it where"), ("json:nothing", "cannot be imported")],
)
def test_what_cannot_be_imported_is_named(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "fingerprint", name]) == 1
    assert told in capsys.readouterr().err
