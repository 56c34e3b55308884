"""Policy files, good and bad."""

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.errors import PolicyFileError
from privacylib.model import Mode
from privacylib.model.policy import Label, Policy
from privacylib.policy.loading import load, parse, read
from tests.policy.written import written
from tests.strategies import policies

GOOD = sorted(Path(__file__).with_name("good").glob("*.yaml"))
BAD = sorted(Path(__file__).with_name("bad").glob("*.yaml"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_loads(path: Path) -> None:
    assert load(path) == parse(path.read_text(), "again")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_gives_one_error_that_says_where_what_and_what_instead(path: Path) -> None:
    """The first line of a file tells ``line|path|part of the error|another part``."""
    line, place, *parts = path.read_text().splitlines()[0].removeprefix("# ").split("|")
    with pytest.raises(PolicyFileError) as caught:
        load(path)
    error = caught.value
    assert place == "*" or (error.line, error.path) == (int(line), place)
    text = str(error)
    assert text.startswith(f"{path}:{error.line}")
    assert all(part in text for part in parts), text
    assert error.remedy
    assert "\n" not in text


def test_the_cases_are_many() -> None:
    assert len(BAD) >= 60


@given(policies)
def test_law_what_is_written_is_read(policy: Policy) -> None:
    assert parse(written(policy), "policy.yaml") == policy


@given(st.text() | st.text("{}[]:,-&*!'\"\n ab", max_size=40))
def test_law_any_text_is_a_policy_or_one_clear_error(text: str) -> None:
    try:
        parse(text, "x")
    except PolicyFileError as error:
        line, remedy = error.line, error.remedy
    else:
        line, remedy = 1, "none is needed"
    assert line >= 1
    assert remedy


def test_the_example_of_the_design_fills_every_class() -> None:
    policy = load(next(path for path in GOOD if path.stem == "full"))
    assert policy.labels["CONTACT"] == Label()
    assert policy.assets[0].fields == {"email": frozenset({"CONTACT.EMAIL"})}
    assert policy.zones[0].purpose == "assistant.reply"
    assert policy.requirements[0].mode is Mode.ENFORCE
    assert policy.reclassifications[0].from_ == frozenset({"INTERACTION"})
    assert policy.reclassifications[0].expires == datetime.date(2027, 6, 30)
    assert policy.naming[0].as_ == "s3://photos/{user}/{…}"
    assert [key.id for key in policy.trust.keys] == ["k2", "k1"]


def test_lines_are_known_for_every_path() -> None:
    lines = read(next(path for path in GOOD if path.stem == "denies-all")).lines
    assert lines["assets[1].fields.email"] == 6
    assert lines["requirements[0].applies_to[SECRET]"] == 12
    assert lines["reclassifications[0].expires"] == 21


def test_a_file_that_is_missing_a_directory_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("version: 1\nlabels: {Ä: {}}\n".encode("latin-1"))
    for name, line, problem in (("none.yaml", 1, "No such file"), ("", 1, "directory"), ("latin.yaml", 2, "UTF-8")):
        with pytest.raises(PolicyFileError, match=problem) as caught:
            load(tmp_path / name)
        assert caught.value.line == line


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(PolicyFileError, match="more than 1,000,000 characters"):
        parse("#" * 1_000_001, "x")


def test_yaml_is_imported_when_a_file_is_read() -> None:
    loaded = "print('yaml' in sys.modules)"
    code = f"import sys, privacylib.policy.loading as p; {loaded}; p.parse('{{}}', ''); {loaded}"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["False", "True"]
