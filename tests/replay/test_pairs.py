"""Scripts that show one thing each, under each pair of policies that differ in one thing from a common one."""

import itertools
from functools import cache
from typing import Any

import pytest

from privacylib.model import Mode, PolicyContext, Verdict, Zone
from privacylib.model.policy import Policy
from privacylib.policy.loading import parse
from privacylib.replay import Judge
from tests.replay.agreeing import agree, as_held
from tests.replay.driving import Recorded, recorded
from tests.strategies import TRANSFORM

pytestmark = pytest.mark.any_python

USERS, LOG, MODEL, FAR = "db://h/users", "file:///log", "model://r/m", "http://far.example.org/rank"
CONTACT, CLICKS = frozenset({"CONTACT"}), frozenset({"CLICK"})

COMMON = {
    "users": f"{{match: '{USERS}', labels: [CONTACT], fields: {{id: [], email: [CONTACT.EMAIL]}}, region: eu}}",
    "log": f"{{match: '{LOG}', labels: [CLICK], region: eu}}",
    "model": f"{{match: '{MODEL}', labels: [CLICK]}}",
    "far": f"{{match: '{FAR}', fields: {{request: [CLICK], response: [CLICK]}}}}",
    "served": "{match: 'http://served/ask', labels: [CONTACT, CLICK]}",
    "zones": "[]",
    "reviewed": "[]",
    "trust": "{}",
    "mode": "simulate",
}
REVIEWED = (
    "[{{from: [CONTACT], to: [], sink: '**', transform: 'tests.replay.driving:transform', reason: r, reviewer: r,"
    " expires: 2999-01-01{}}}]"
)
OTHERWISE: list[dict[str, str]] = [
    {},
    {"users": f"{{match: '{USERS}', labels: [CLICK]}}"},
    {"log": f"{{match: '{LOG}', labels: [CONTACT, CLICK], region: us}}"},
    {"model": f"{{match: '{MODEL}', labels: [CLICK], resident: true}}"},
    {"far": f"{{match: '{FAR}', fields: {{request: [CONTACT], response: [CONTACT, CLICK]}}}}"},
    {"far": "{match: 'http://nowhere/', labels: []}"},
    {"served": "{match: 'http://served/ask', labels: []}"},
    {"zones": "[{match: 'http://served/*', purpose: ads}]"},
    {"zones": "[{match: 'http://served/*', purpose: reply, labels: [CLICK]}]"},
    {"zones": "[{match: 'command://script', purpose: reply}]"},
    {"zones": "[{match: 'command://script', purpose: ads, labels: [CLICK]}]"},
    {"zones": "[{match: '**', purpose: reply, labels: [CONTACT]}]"},
    {"reviewed": REVIEWED.format("")},
    {"reviewed": REVIEWED.format(f", fingerprint: '{TRANSFORM}'")},
    {"reviewed": REVIEWED.format(f", fingerprint: 'sha256:{'0' * 64}'")},
    {"trust": "{egress: ['http://far.*/**']}"},
    {"trust": "{egress: []}"},
    {"mode": "enforce"},
]


def _policy(changed: dict[str, str]) -> Policy:
    told = COMMON | changed
    return parse(
        f"""
version: 1
labels: {{CONTACT: {{}}, CONTACT.EMAIL: {{}}, CLICK: {{}}}}
purposes: {{reply: {{}}, ads: {{}}}}
assets: [{told["users"]}, {told["log"]}, {told["model"]}, {told["far"]}, {told["served"]}]
zones: {told["zones"]}
requirements:
  - {{id: contact, applies_to: [CONTACT], allow: {{purposes: [reply]}}, mode: {told["mode"]}}}
  - {{id: click, applies_to: [CLICK], allow: {{purposes: [reply, ads], regions: [eu]}}, mode: simulate}}
reclassifications: {told["reviewed"]}
trust: {told["trust"]}
""",
        "policy.yaml",
    )


POLICIES = [_policy(changed) for changed in OTHERWISE]

COMMAND = "command://script"
KNOWN = PolicyContext(labels=CLICKS, zone=Zone(("reply",)), verified=True)
MORE = PolicyContext(labels=CONTACT | CLICKS, verified=True)
FORGED = PolicyContext(unknown="bad-signature")
FLOW: list[Any] = [("read", USERS, ()), ("write", LOG, (), None)]
LOADED: list[Any] = [("scope", False, [("read", MODEL, ())]), ("scope", False, [("write", LOG, (), None)])]
IN_ZONES: list[Any] = [("zone", ("reply", None), FLOW), ("zone", ("reply", CLICKS), [("zone", ("ads", None), FLOW)])]
SCRIPTS: dict[str, list[Any]] = {
    "a flow in zones": IN_ZONES,
    "fields": [
        ("zone", ("reply", None), [("read", USERS, (name,)), ("write", LOG, (), None)]) for name in ("id", "email")
    ],
    "a transform": [("zone", ("reply", None), [("lower", "CONTACT", frozenset[str](), "**", FLOW)])],
    "something loaded": LOADED,
    "what a reader of its own loads": [("zone", ("reply", None), [("read", MODEL, ()), *FLOW]), *LOADED],
    "a call": [("zone", ("reply", None), [("read", USERS, ()), ("call", FAR, None), ("write", LOG, (), None)])],
    "a call that brings": [("zone", ("ads", None), [("call", FAR, each), *FLOW]) for each in (KNOWN, MORE, FORGED)],
    "late trailers": [
        ("scope", False, [("stream", FAR, begun, [("write", LOG, (), None)], ended), ("write", LOG, (), None)])
        for begun, ended in itertools.product((None, KNOWN), (KNOWN, MORE, FORGED))
    ],
    "what is served": [("serve", each, IN_ZONES) for each in (PolicyContext(), KNOWN, MORE, FORGED)],
    "messages": [("message", each, [*IN_ZONES, *FLOW]) for each in (KNOWN, MORE, FORGED)],
    "served in a message": [("message", KNOWN, [("zone", ("ads", CLICKS), [("serve", MORE, FLOW)])])],
    "a context from elsewhere": [("attach", each, IN_ZONES) for each in (KNOWN, MORE, FORGED)],
    "a body": [("body", LOG, [("read", USERS, ()), ("zone", ("reply", None), FLOW)])],
}


@cache
def _recorded(script: str, policy: int, mode: Mode) -> Recorded:
    return recorded(SCRIPTS[script], POLICIES[policy], mode, "eu")


@cache
def _of_command(script: str, policy: int) -> Recorded:
    return recorded(SCRIPTS[script], POLICIES[policy], Mode.SIMULATE, "eu", command=COMMAND)


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_policy_decides_what_was_recorded(script: str) -> None:
    for number, policy in enumerate(POLICIES):
        judge = Judge(policy)
        for mode in (Mode.SIMULATE, Mode.ENFORCE):
            for flow in _recorded(script, number, mode).all:
                assert (judge.decide(flow), judge.labels(flow)) == (flow.decision, flow.labels)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_pair_of_policies_agrees(script: str) -> None:
    runs = [_recorded(script, number, Mode.SIMULATE) for number in range(len(POLICIES))]
    for (was, before), (is_now, after) in itertools.product(zip(runs, POLICIES, strict=True), repeat=2):
        agree(was, is_now, before, after)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_pair_agrees_on_what_a_command_does(script: str) -> None:
    runs = [_of_command(script, number) for number in range(len(POLICIES))]
    for (was, before), (is_now, after) in itertools.product(zip(runs, POLICIES, strict=True), repeat=2):
        agree(was, is_now, before, after, COMMAND)


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name not in ("late trailers", "a body")])
def test_every_pair_stops_first_what_replay_says_first(script: str) -> None:
    for one, other in itertools.product(range(len(POLICIES)), repeat=2):
        was, stopped = _recorded(script, one, Mode.SIMULATE), _recorded(script, other, Mode.ENFORCE)
        judge = Judge(POLICIES[other], Mode.ENFORCE)
        for now, enforced in zip(as_held(was, judge), stopped.flows, strict=False):
            assert judge.decide(now) == enforced.decision
            if enforced.decision.verdict is Verdict.DENY:
                break


def test_policies_decide_something_otherwise() -> None:
    """But for those that differ only in what the scripts cannot show, such as an empty list of endpoints and none."""
    modes = Mode.SIMULATE, Mode.ENFORCE
    decided = {
        tuple(
            flow.decision
            for script in SCRIPTS
            for mode in modes
            for each in (_recorded(script, number, mode), _of_command(script, number))
            for flow in each.flows
        )
        for number in range(len(POLICIES))
    }
    assert len(decided) > len(POLICIES) - 4
