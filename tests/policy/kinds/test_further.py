"""Kinds of requirements that other packages bring, from a real distribution on the path."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import privacylib
from privacylib.errors import PolicyFileError, PrivacyError
from privacylib.policy import classes
from privacylib.policy.findings import findings
from privacylib.policy.kinds import kinds
from privacylib.policy.loading import parse
from privacylib.policy.schema import schema
from privacylib.testing import capture

PACKAGE = Path(__file__).parent.parent / "brings_consent"
POLICY = """
version: 1
labels: {A: {}}
purposes: {reply: {}}
assets:
  - {match: "s3://b/asked", labels: [A], consent: given}
  - {match: "s3://b/refused", labels: [A], consent: withdrawn}
  - {match: "s3://b/*", labels: [A]}
requirements:
  - {id: only-with-consent, applies_to: [A], allow: {consent: [given, implied]}, mode: enforce}
"""
_ANOTHER_REGIONS = """
from privacylib.model.policy import key
from privacylib.policy.kinds import Kind
CONSENT = Kind("regions", print, allow=key("regions again", default=None, type=str))
"""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", [str(PACKAGE), *sys.path])
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    kinds.cache_clear()
    classes.whole.cache_clear()


def read(name: str) -> None:
    with privacylib.zone("reply"), privacylib.read(f"s3://b/{name}"):
        pass


@pytest.mark.usefixtures("installed")
def test_a_kind_of_another_package_decides_by_its_own_keys() -> None:
    with capture(yaml.safe_load(POLICY), mode="enforce"):
        read("asked")
        for name, given in (("refused", "withdrawn"), ("other", "none")):
            with pytest.raises(privacylib.PolicyDenied, match=f"only-with-consent: A of s3://b/{name} has .* {given}"):
                read(name)


@pytest.mark.usefixtures("installed")
def test_its_remedy_repeats_what_the_requirement_permits_and_adds_what_was_missing() -> None:
    with capture(yaml.safe_load(POLICY), mode="enforce"), privacylib.zone("reply"):
        decision = privacylib.check("read", "s3://b/refused")
    assert yaml.safe_load(decision.remedy)["requirements"][0]["allow"] == {"consent": ["given", "implied", "withdrawn"]}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("wrong", "line"),
    [("consent: [given, implied]", 10), ("consent: withdrawn", 7)],
)
def test_errors_in_its_keys_name_line_path_and_remedy(wrong: str, line: int) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse(POLICY.replace(wrong, "consent: {}"), "policy.yaml")
    assert caught.value.line == line
    assert caught.value.path.endswith("consent")
    assert caught.value.remedy


@pytest.mark.usefixtures("installed")
def test_schema_and_findings_know_its_keys() -> None:
    found = schema()["$defs"]
    assert found["Allow"]["properties"]["consent"]["items"]["pattern"]
    assert found["Annotated"]["properties"]["consent"]["type"] == "string"
    assert not [one for one in findings(parse(POLICY, "policy.yaml")) if "permits everything" in one.problem]


def test_without_the_package_its_key_is_refused() -> None:
    with pytest.raises(PolicyFileError, match="unknown key 'consent'"):
        parse(POLICY, "policy.yaml")


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        ("raise ImportError", "cannot be imported: ImportError; repair or uninstall it"),
        ("CONSENT = 1", "it is no Kind"),
        (
            _ANOTHER_REGIONS,
            "its key 'regions' is another kind's",
        ),
    ],
)
def test_a_kind_that_cannot_be_used_is_loud(
    module: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "broken-1.0.dist-info"
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (place / "entry_points.txt").write_text("[privacylib.requirements]\nc = broken_kind:CONSENT\n")
    (tmp_path / "broken_kind.py").write_text(module)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    forget()
    try:
        with pytest.raises(PrivacyError, match=problem):
            parse(POLICY, "policy.yaml")
    finally:
        sys.modules.pop("broken_kind", None)
        monkeypatch.undo()
        forget()


def test_a_fresh_process_finds_the_kind_by_its_entry_point(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    told = subprocess.run(
        [sys.executable, "-m", "privacylib.cli", "policy", "check", policy],
        env={"PYTHONPATH": f"{PACKAGE}:{Path(privacylib.__file__).parent.parent}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
