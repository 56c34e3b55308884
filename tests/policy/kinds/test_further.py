"""Kinds of requirements that other packages bring, from a real distribution on the path."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

import privacylib
from privacylib.errors import PolicyFileError, PrivacyError
from privacylib.model import Mode, Zone
from privacylib.naming import asset
from privacylib.policy import classes
from privacylib.policy.engine import Engine
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

_KIND = """
from collections.abc import Mapping
import attrs
from privacylib.model.policy import key
from privacylib.policy.kinds import Broken, Kind
TEXT = key("x", default=None, type=str)
def none(question, requirement):
    return iter(())
CONSENT = Kind({})
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


def bring(module: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a distribution on the path whose kind is the `CONSENT` of a module with this text."""
    about = place / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    again = "d = broken_kind:AGAIN\n" if "AGAIN" in module else ""
    (about / "entry_points.txt").write_text(f"[privacylib.requirements]\nc = broken_kind:CONSENT\n{again}")
    (place / "broken_kind.py").write_text(module)
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    forget()


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
def test_where_nothing_is_said_of_an_asset_the_remedy_says_what_is_missing() -> None:
    policy = yaml.safe_load(POLICY)
    with capture(policy, mode="enforce"), privacylib.zone("reply"):
        remedy = privacylib.check("read", "s3://b/other").remedy
    assert remedy == 'assets:\n  - match: "s3://b/other"\n    consent: given  # if that is so, or implied\n'
    policy["assets"] = yaml.safe_load(remedy)["assets"] + policy["assets"]
    with capture(policy, mode="enforce"):
        read("other")


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
        (_ANOTHER_REGIONS, "its key 'regions' is one of the policy file's own"),
        (
            _KIND.format('"labels", none, allow=key("x", default=None, type=str)'),
            "'labels' is one of the policy file's",
        ),
        (_KIND.format('"match", none, allow=key("x", default=None, type=str)'), "'match' is one of the policy file's"),
        (_KIND.format('"a b", none, allow=key("x", default=None, type=str)'), "its key 'a b' is no name"),
        (_KIND.format('"k", none, allow=key("x", type=str)'), "its field `allow` has no default"),
        (_KIND.format('"k", none, allow=key("x", default=None)'), "its field `allow` has no type"),
        (_KIND.format('"k", none, allow=key("x", default=None, type=int)'), "its field `allow` has no type"),
        (_KIND.format('"k", none, allow=key("x", form="no", default=None, type=str)'), "has the unknown form 'no'"),
        (_KIND.format('"k", none, allow=attrs.field(default=None, type=str)'), "make it with privacylib.model"),
        (_KIND.format('"k", none, allow=5'), "make it with privacylib.model"),
        (_KIND.format('"k", none, TEXT, key("x", default=None, type=Mapping[str, str])'), "`asset` holds a mapping"),
        (_KIND.format('"k", none, TEXT') + "AGAIN = CONSENT\n", "its key 'k' is another kind's"),
    ],
)
def test_a_kind_that_cannot_be_used_is_loud(
    module: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(module, tmp_path, monkeypatch)
    try:
        with pytest.raises(PrivacyError, match=problem):
            parse(POLICY, "policy.yaml")
    finally:
        sys.modules.pop("broken_kind", None)
        monkeypatch.undo()
        forget()


MISTAKES = {
    "raises": ("raise ValueError('a secret')", "ValueError"),
    "no Broken": ("yield 'no'", "something else than Broken"),
    "no remedy": ("yield Broken('no', None)", "TypeError"),
    "nothing": ("return None", "TypeError"),
}


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_a_kind_cannot_judge_is_not_permitted_and_says_whose_mistake_it_is(
    mistake: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, problem = MISTAKES[mistake]
    text = _KIND.format('"consent", none, allow=key("x", default=None, type=frozenset[str] | None), asset=ASSET')
    text = text.replace("return iter(())", body).replace("ASSET", 'key("x", default=None, type=str | None)')
    bring(text, tmp_path, monkeypatch)
    try:
        with capture(yaml.safe_load(POLICY), mode=mode), privacylib.zone("reply"):
            with pytest.raises(privacylib.PolicyDenied) if mode == "enforce" else nullcontext():
                read("asked")
            decision = privacylib.check("read", "s3://b/asked")
        assert decision.requirement == "only-with-consent"
        assert problem in decision.reason
        assert "secret" not in decision.reason
        assert decision.remedy == "# repair the package that brings the kind of requirement 'consent'\n"
    finally:
        sys.modules.pop("broken_kind", None)
        monkeypatch.undo()
        forget()


VALUES = [
    ("date | None", "2027-01-01", "2027-01-01"),
    ("Mapping[str, frozenset[str]] | None", "{a: [c, b]}", {"a": ["b", "c"]}),
    ("tuple[date, ...] | None", "[2027-01-01]", ["2027-01-01"]),
    ("Grade | None", "{least: high}", {"least": "high"}),
]


@pytest.mark.parametrize(("kind", "written", "repeated"), VALUES)
def test_a_remedy_of_a_built_in_kind_repeats_whatever_a_further_key_holds(
    kind: str, written: str, repeated: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade = "from datetime import date\n@attrs.frozen\nclass Grade:\n    least: str = key('x', default='')\n"
    text = _KIND.format(f'"until", none, allow=key("x", default=None, type={kind})')
    bring(text.replace("def none", f"{grade}\ndef none"), tmp_path, monkeypatch)
    policy = POLICY.replace(", consent: given", "").replace(", consent: withdrawn", "")
    policy = policy.replace("{consent: [given, implied]}", f"{{purposes: [reply], until: {written}}}")
    try:
        engine = Engine(parse(policy, "policy.yaml"), Mode.ENFORCE)
        decision = engine.read(asset("s3://b/asked"), frozenset({"A"}), Zone(("ads",)))
        [fragment] = yaml.safe_load(decision.remedy)["requirements"]
        assert fragment["allow"] == {"purposes": ["ads", "reply"], "until": repeated}
        parse(f"{policy.partition('requirements')[0]}{decision.remedy}".replace("ads, ", ""), "policy.yaml")
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
