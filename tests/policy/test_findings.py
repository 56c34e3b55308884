"""What is suspicious in a valid policy."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given

from privacylib.model.policy import Policy
from privacylib.policy.findings import findings
from privacylib.policy.loading import parse, read
from tests.strategies import policies

TODAY = datetime.date(2027, 1, 1)
HEAD = "labels: {A: {}}\npurposes: {p: {}}\nzones: [{match: 'http://**', purpose: p, labels: [A]}]\n"
UNPINNED = "from: [A], transform: 'm:f', reason: x, reviewer: y"
LOWERING = f"{UNPINNED}, fingerprint: 'sha256:00000000'"


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ("labels: {A: {}}", "labels.A", "nothing in the file uses the label 'A'"),
        ("purposes: {p: {}}", "purposes.p", "nothing in the file uses the purpose 'p'"),
        (HEAD + "assets: [{match: 's3://b/k'}]", "assets[0]", "says nothing"),
        (
            HEAD + "assets: [{match: 's3://b/k', labels: [A]}, {match: 's3://b/k', labels: []}]",
            "assets[1].match",
            "an earlier entry with this pattern says it all",
        ),
        (
            HEAD + "naming: [{match: 's3://b/*', as: 's3://b/{x}'}, {match: 's3://b/*', as: 's3://b/{y}'}]",
            "naming[1].match",
            "comes first",
        ),
        (HEAD + "requirements: [{id: r, applies_to: [A], allow: {}}]", "requirements[0].allow", "permits everything"),
        (
            HEAD + "requirements: [{id: r, applies_to: [A], allow: {purposes: [p.q]}}]",
            "requirements[0].allow.purposes",
            "permits no declared purpose",
        ),
        (
            HEAD + "assets: [{match: 's3://b/*', region: eu}, {match: 's3://c/*', region: EU}]",
            "assets[1].region",
            "written 'eu' elsewhere",
        ),
        (
            HEAD + f"reclassifications: [{{{LOWERING}, to: [], sink: 's3://b/k', expires: 2026-12-31}}]",
            "reclassifications[0].expires",
            "expired on 2026-12-31",
        ),
        (
            HEAD + f"reclassifications: [{{{LOWERING}, to: [A], sink: 's3://b/k', expires: 2028-01-01}}]",
            "reclassifications[0]",
            "lowers nothing",
        ),
        (
            HEAD + f"reclassifications: [{{{UNPINNED}, to: [], sink: 's3://b/k', expires: 2028-01-01}}]",
            "reclassifications[0]",
            "may change unseen",
        ),
        (HEAD + "assets: [{match: 'http://host/users/7', labels: [A]}]", "assets[0].match", "'{id}' in place of '7'"),
        (
            "labels: {CONTACT: {}, CONTACT.EMAIL: {}}\nassets: [{match: '**', labels: [CONTACT.EMIAL, CONTACT.EMAIL]}]",
            "assets[0].labels[CONTACT.EMIAL]",
            "did you mean 'CONTACT.EMAIL'?",
        ),
    ],
)
def test_one_suspicious_thing_gives_one_finding(text: str, path: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    document = read(file)
    (finding,) = findings(document.policy, document.lines, TODAY)
    assert finding.path == path
    assert problem in str(finding)
    assert finding.line == len(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        HEAD,
        HEAD + "assets: [{match: 's3://b/k', labels: [A]}, {match: 's3://b/k', region: eu}]",
        HEAD + "requirements: [{id: r, applies_to: [A], allow: {purposes: [p]}}]",
        HEAD + "assets: [{match: 'http://host/users/{id}', labels: [A]}, {match: 's3://b/*/x_*.csv', labels: [A]}]",
        HEAD + f"reclassifications: [{{{LOWERING}, to: [], sink: 's3://b/k', expires: 2027-01-01}}]",
    ],
)
def test_ordinary_policies_give_none(text: str) -> None:
    assert findings(parse(text, "x"), today=TODAY) == []


@given(policies)
def test_law_every_policy_can_be_judged(policy: Policy) -> None:
    assert all(finding.remedy and finding.line is None for finding in findings(policy))
