"""What is suspicious in a valid policy."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given

from privacylib.model.policy import Annotated, Policy
from privacylib.naming import asset, escaped, templated
from privacylib.policy.findings import findings
from privacylib.policy.loading import parse, read
from privacylib.policy.unmatchable import unmatchable
from tests.strategies import policies, uris

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
        (
            HEAD + "assets: [{match: 'http://host/users/7', labels: [A]}]",
            "assets[0].match",
            "kept as 'http://host/users/{id}'",
        ),
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


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("postgres://DB:5432/app.public.users", "postgres://db:5432/app.public.users"),
        ("postgres://*.Example.org.:5432/app.*", "postgres://*.example.org:5432/app.*"),
        ("postgres://me:secret@db:5432/app.*", "postgres://db:5432/app.*"),
        ("file:///data/./users", "file:///data/users"),
        ("file:///data//x/../*.csv", "file:///data/*.csv"),
        ("http://host:80/x", "http://host/x"),
        ("https://*:443/**", "https://*/**"),
        ("http://host/a/../users/*", "http://host/users/*"),
        ("http://host/x?page=*", "http://host/x"),
        ("HTTP://host/x", "http://host/x"),
        ("http://**/users/7", "http://**/users/{id}"),
        ("http://host/**/users/7", "http://host/**/users/{id}"),
        ("http://host/users/7/a[*]b", "http://host/users/{id}/a[*]b"),
        ("redis://Cache:6379/0/user:*", "redis://cache:6379/0/user:*"),
        # these can match
        ("redis://cache:6379/0/*", None),
        ("s3://b/*/3", None),
        ("s3://Bucket/../x.csv", None),
        ("http://host:8080/x", None),
        ("http://host/", None),
        ("grpc://Shop.Reviews/*", None),
        ("command://Nightly", None),
        ("**/users/7", None),
        ("http://**", None),
        ("http://**/3", None),
        ("*", None),
    ],
)
def test_a_pattern_that_matches_nothing_is_told_the_form_that_would(pattern: str, kept: str | None) -> None:
    found = findings(parse(f"{HEAD}assets: [{{match: '{pattern}', labels: [A]}}]", "x"), today=TODAY)
    assert [each.problem for each in found] == (
        [] if kept is None else [f"it can match nothing: such names are kept as '{kept}'"]
    )
    if kept is not None:
        assert findings(parse(f"{HEAD}assets: [{{match: '{kept}', labels: [A]}}]", "x"), today=TODAY) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("https://web/ask", "it can match nothing: such names are kept as 'http://web/ask'"),
        ("wss://web/**", "it can match nothing: such names are kept as 'ws://web/**'"),
        ("grpcs://shop.Reviews/*", "it can match nothing: such names are kept as 'grpc://shop.Reviews/*'"),
        ("comand://nightly", "nothing is known to be served under 'comand'; did you mean 'command'?"),
        ("gprc://shop.Reviews/*", "nothing is known to be served under 'gprc'; did you mean 'grpc'?"),
        ("http://web/ask", None),
        ("ws://web/ask", None),
        ("kafka://broker/orders", None),
        ("http*://web/ask", None),
        ("**/ask", None),
    ],
)
def test_a_zone_around_what_is_never_served_so_is_told(pattern: str, said: str | None) -> None:
    """It would stand around nothing, and what it was to keep out would come in."""
    rules = "labels: {A: {}}\npurposes: {p: {}}\nzones:\n  - {match: '%s', purpose: p, labels: [A]}"
    found = findings(parse(rules % pattern, "x"), today=TODAY)
    assert [(each.path, str(each).partition(": ")[2].startswith(said or "")) for each in found] == (
        [] if said is None else [("zones[0].match", True)]
    )


def test_only_what_is_served_is_named_without_tls() -> None:
    assert findings(parse(HEAD + "assets: [{match: 'https://partner/api', labels: [A]}]", "x"), today=TODAY) == []


def test_patterns_of_naming_are_compared_with_names_that_are_no_templates_yet() -> None:
    rules = "naming: [{match: 'http://Host/users/7', as: 'http://host/users/{user}'}]"
    (found,) = findings(parse(HEAD + rules, "x"), today=TODAY)
    assert (found.path, "'http://host/users/7'" in found.problem) == ("naming[0].match", True)


@given(uris.filter(lambda uri: "#" not in uri))
def test_law_the_pattern_of_a_kept_name_is_not_suspected(uri: str) -> None:
    policy = Policy(assets=(Annotated(match=escaped(templated(asset(uri)).uri), labels=frozenset()),))
    assert list(unmatchable(policy)) == []


@given(policies)
def test_law_every_policy_can_be_judged(policy: Policy) -> None:
    assert all(finding.remedy and finding.line is None for finding in findings(policy))
