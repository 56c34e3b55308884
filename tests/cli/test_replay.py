"""``privacylib replay`` over a spool that a real process left."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacylib import cli
from tests.cli.shop import OUT, POLICY, ask, fill


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("replay"))


def told_of(capsys: pytest.CaptureFixture[str], spool: Path, policy: str, *arguments: str) -> str:
    file = spool.parent / "new.yaml"
    file.write_text(policy)
    return ask(capsys, spool, "replay", "--policy", str(file), *arguments)


def replayed(capsys: pytest.CaptureFixture[str], spool: Path, policy: str, *arguments: str) -> dict[str, Any]:
    return json.loads(told_of(capsys, spool, policy, "--json", *arguments))


def test_the_same_policy_changes_nothing(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(capsys, spool, POLICY)
    assert (found["denied"], found["no_longer_denied"], found["operations"]) == ([], [], 6)
    [again] = found["still_denied"]
    assert (again["asset"], again["count"], again["before"], again["after"]) == (OUT, 2, "WOULD_DENY", "WOULD_DENY")


def test_a_remedy_that_is_pasted_lets_the_flow_through(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = replayed(capsys, spool, POLICY)["still_denied"]
    better = yaml.safe_load(POLICY)
    better["assets"] += yaml.safe_load(row["remedies"]["nearest"])["assets"]
    found = replayed(capsys, spool, yaml.safe_dump(better, sort_keys=False))
    assert (found["denied"], found["still_denied"]) == ([], [])
    assert [each["count"] for each in found["no_longer_denied"]] == [2]


def test_every_remedy_is_a_valid_fragment(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stricter = POLICY.replace("purposes: [order]", "purposes: [ads]").replace("file:///staged", "file:///**")
    rows = replayed(capsys, spool, stricter)["denied"]
    assert {(row["requirement"], row["count"]) for row in rows} == {("contact", 1), ("contact", 2)}
    fragments = [text for row in rows for text in row["remedies"].values()]
    assert {key for row in rows for key in row["remedies"]} == {"nearest", "block", "reclassify"}
    for fragment in fragments:
        policy = yaml.safe_load(stricter) | yaml.safe_load(fragment)
        file = spool.parent / "pasted.yaml"
        file.write_text(yaml.safe_dump(policy, sort_keys=False))
        assert cli.main(["policy", "check", str(file)]) == 0


MIXED = """
version: 1
labels: {CONTACT: {}, HEALTH: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "db://h/users", labels: [CONTACT]}
  - {match: "db://h/health", labels: [HEALTH], region: eu}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}
  - {id: health, applies_to: [HEALTH], allow: {purposes: [order], regions: [eu], retention: 30d}, mode: enforce}
"""
MIXING = """
import sys, privacylib
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2])
def use(source, sink):
    with privacylib.read(source), privacylib.write(sink): pass
with privacylib.zone("order"): use("db://h/users", "file:///pub[1].txt")
with privacylib.zone("ads"): use("db://h/users", "file:///ok")
with privacylib.scope("none"): use("db://h/users", "file:///ok")
with privacylib.zone("order"): use("db://h/health", "s3://b/*x*")
"""


def test_pasting_the_nearest_remedies_ends_with_nothing_denied_and_a_policy_without_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(MIXED)
    subprocess.run([sys.executable, "-c", MIXING, str(tmp_path / "spool"), str(file)], check=True)
    policy: dict[str, Any] = yaml.safe_load(MIXED)
    for _ in range(5):
        found = replayed(capsys, tmp_path / "spool", yaml.safe_dump(policy, sort_keys=False), "--mode", "enforce")
        rows = found["denied"] + found["still_denied"]
        if not rows:
            return
        for key, entries in (each for row in rows for each in yaml.safe_load(row["remedies"]["nearest"]).items()):
            kept = [old for old in policy.get(key, []) if old.get("id", 0) not in [new.get("id") for new in entries]]
            policy[key] = entries + [old for old in kept if old not in entries]
        file.write_text(yaml.safe_dump(policy, sort_keys=False))
        assert cli.main(["policy", "check", str(file)]) == 0
        told = capsys.readouterr()
        assert len((told.out + told.err).splitlines()) == 1
    pytest.fail("five rounds were not enough")


def test_the_mode_can_be_raised(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = replayed(capsys, spool, POLICY.replace("simulate", "enforce"), "--mode", "enforce")["still_denied"]
    assert (row["after"], row["mode"]) == ("DENY", "enforce")


def test_what_is_printed_is_bounded_and_names_the_remedy(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = told_of(capsys, spool, POLICY.replace("purposes: [order]", "purposes: [ads]"), "--limit", "1")
    assert "6 recorded operations were decided again" in told
    assert "Would be denied, and was not:" in told
    assert "more; --limit" in told
    assert told.count("the nearest remedy:") == 1


def test_what_went_ahead_in_simulate_would_newly_be_denied_once_it_is_enforced(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_of(capsys, spool, POLICY.replace("simulate", "enforce"), "--mode", "enforce")
    assert "Would be denied, and was not: 2 operations" in told
    assert "Was denied, and would be again: 0 operations" in told
    assert "the nearest remedy:\n  assets:" in told
    assert "a rule" not in told


def test_what_is_not_enforced_is_told_apart_from_what_was_denied(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_of(capsys, spool, POLICY)
    assert "Broke a rule that was not enforced, and would again: 2 operations" in told
    assert [line for line in told.splitlines() if "denied" in line and "not enforced" not in line] == [
        f"{title}: 0 operations"
        for title in (
            "Would be denied, and was not", "Was denied, and would be again", "Was denied, and would be no more",
        )
    ]  # fmt: skip
    told = told_of(capsys, spool, POLICY.replace("file:///staged", "**"))
    assert "Broke a rule that was not enforced, and would no more: 2 operations" in told


def test_a_policy_that_is_none_is_told(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = spool.parent / "bad.yaml"
    bad.write_text("version: 2\n")
    assert f"{bad}:1" in ask(capsys, spool, "replay", "--policy", str(bad), status=1)
