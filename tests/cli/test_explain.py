"""``privacylib explain`` and ``privacylib replay`` over a spool that a real process left."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacylib import cli

POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
  - {match: "file:///staged", labels: [CONTACT]}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: simulate}
"""
PROGRAM = """
import os, signal, sys, privacylib
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2], mode="simulate")
def stage():
    with privacylib.read("postgres://db/users"), privacylib.write("file:///staged"): pass
def send():
    with privacylib.read("file:///staged"), privacylib.write("s3://partner/out"): pass
with privacylib.zone("order"): stage()
with privacylib.zone("order"): send(); send()
os.kill(os.getpid(), signal.SIGKILL)
"""
USERS, STAGED, OUT = "postgres://db/users", "file:///staged", "s3://partner/out"


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain")
    (path / "policy.yaml").write_text(POLICY)
    subprocess.run([sys.executable, "-c", PROGRAM, str(path / "spool"), str(path / "policy.yaml")], check=False)
    return path / "spool"


def ask(capsys: pytest.CaptureFixture[str], spool: Path, *arguments: str, status: int = 0) -> str:
    assert cli.main([*arguments, "--spool", str(spool)]) == status
    told = capsys.readouterr()
    return told.err if status else told.out


@pytest.mark.parametrize("edge", [(USERS, STAGED), (f"{USERS}->{STAGED}",), (f"{USERS} -> {STAGED}",)])
def test_an_edge_is_explained(spool: Path, edge: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    told = ask(capsys, spool, "explain", *edge)
    assert "the same work read the source before its write ended" in told
    assert "1 times by shop" in told
    assert "labels read: CONTACT; purpose: order" in told
    assert "__main__:stage" in told


def test_a_denial_is_explained_by_its_id_with_the_way_from_the_origin(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = json.loads(ask(capsys, spool, "doctor", "--json"))["breaches"]
    told = ask(capsys, spool, "explain", row["id"])
    assert told == ask(capsys, spool, "explain", OUT)
    assert told.index(USERS) < told.index(f"-> {STAGED}") < told.index(f"-> {OUT}")
    assert "stopped 0 times, let through 2 times" in told
    pasted = told.partition("what would allow it:\n")[2]
    assert yaml.safe_load(pasted) == {"assets": [{"match": OUT, "labels": ["CONTACT"]}]}
    [explained] = json.loads(ask(capsys, spool, "explain", row["id"], "--json"))
    assert explained["way"] == {"places": [USERS, STAGED], "witnessed": True}


@pytest.mark.parametrize(
    ("what", "told"), [(["00000000"], "doctor"), ([OUT, USERS], "no edge"), (["a", "b", "c"], "takes")]
)
def test_what_is_not_there_is_a_status(
    spool: Path, what: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in ask(capsys, spool, "explain", *what, status=1)


def replayed(capsys: pytest.CaptureFixture[str], spool: Path, policy: str, *arguments: str) -> dict[str, Any]:
    file = spool.parent / "new.yaml"
    file.write_text(policy)
    return json.loads(ask(capsys, spool, "replay", "--policy", str(file), "--json", *arguments))


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
        file.write_text(yaml.safe_dump(policy, sort_keys=False).replace("MODULE:FUNCTION", "module:function"))
        assert cli.main(["policy", "check", str(file)]) == 0


def test_the_mode_can_be_raised(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = replayed(capsys, spool, POLICY.replace("simulate", "enforce"), "--mode", "enforce")["still_denied"]
    assert (row["after"], row["mode"]) == ("DENY", "enforce")


def test_what_is_printed_is_bounded_and_names_the_remedy(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stricter = spool.parent / "stricter.yaml"
    stricter.write_text(POLICY.replace("purposes: [order]", "purposes: [ads]"))
    told = ask(capsys, spool, "replay", "--policy", str(stricter), "--limit", "1")
    assert "6 recorded operations were decided again" in told
    assert "Would be denied, and was not:" in told
    assert "more; --limit" in told
    assert told.count("the nearest remedy:") == 1


def test_a_policy_that_is_none_is_told(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = spool.parent / "bad.yaml"
    bad.write_text("version: 2\n")
    assert f"{bad}:1" in ask(capsys, spool, "replay", "--policy", str(bad), status=1)
