"""Pairs of policies, recorded and new, that were made to be decided otherwise by replay than by the runtime."""

from functools import cache
from typing import Any

import pytest

from privacylib.model import Mode, Operation, Verdict
from privacylib.model.asset import Asset
from privacylib.model.operation import Kind, Part
from privacylib.model.policy import Policy
from privacylib.policy.loading import parse
from privacylib.replay import Judge
from tests.replay.agreeing import agree, as_held
from tests.replay.driving import Recorded, recorded
from tests.replay.test_pairs import (
    CLICKS,
    COMMAND,
    CONTACT,
    FAR,
    FLOW,
    IN_ZONES,
    KNOWN,
    LOG,
    MODEL,
    MORE,
    SCRIPTS,
    USERS,
)
from tests.strategies import TRANSFORM

pytestmark = pytest.mark.any_python

BASE = """
version: 1
labels: {CONTACT: {}, CONTACT.EMAIL: {}, CLICK: {}, SUM: {}}
purposes: {reply: {}, reply.late: {}, ads: {}}
assets:
  - {match: 'db://h/users', labels: [CONTACT], fields: {id: [], email: [CONTACT.EMAIL]}, region: eu}
  - {match: 'file:///log', labels: [CLICK], region: eu, retention: 30d}
  - {match: 'model://r/m', labels: [CLICK]}
  - {match: 'http://far.example.org/rank', fields: {request: [CLICK], response: [CLICK]}}
  - {match: 'http://served/ask', labels: [CONTACT, CLICK]}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [reply]}, mode: simulate}
  - {id: click, applies_to: [CLICK], allow: {purposes: [reply, ads], regions: [eu]}, mode: simulate}
"""
USERS_ENTRY = "labels: [CONTACT], fields: {id: [], email: [CONTACT.EMAIL]}, region: eu"
RULES = "allow: {purposes: [reply]}, mode: simulate"
CLICK_RULE = "{purposes: [reply, ads], regions: [eu]}"
LOWERS = (
    "{from: [CONTACT], to: [TO], sink: 'SINK', transform: 'tests.replay.driving:transform', reason: r, reviewer: r,"
    f" fingerprint: '{TRANSFORM}', expires: DAY}}"
)


def lowers(to: str = "", sink: str = "**", day: str = "2999-01-01") -> str:
    return f"\nreclassifications: [{LOWERS.replace('TO', to).replace('SINK', sink).replace('DAY', day)}]"


def zones(*entries: str) -> str:
    return f"\nzones: [{', '.join(f'{{{entry}}}' for entry in entries)}]"


SERVED = "match: 'http://served/ask', purpose: reply"
PAIRS: dict[str, tuple[str, str]] = {
    "a field becomes one that has labels": (BASE, BASE.replace("id: []", "id: [CONTACT]")),
    "fields go": (BASE, BASE.replace(", fields: {id: [], email: [CONTACT.EMAIL]}", "")),
    "only fields stay": (BASE, BASE.replace("labels: [CONTACT], fields", "fields")),
    "nobody says anything of the source": (BASE, BASE.replace(USERS_ENTRY, "region: eu")),
    "the source holds nothing": (BASE, BASE.replace(USERS_ENTRY, "labels: []")),
    "an earlier entry gives the labels": (
        BASE,
        BASE.replace("assets:", "assets:\n  - {match: 'db://*/*', labels: [SUM]}"),
    ),
    "an earlier entry gives the region": (BASE, BASE.replace("assets:", "assets:\n  - {match: '**', region: us}")),
    "the sink lies elsewhere": (
        BASE,
        BASE.replace("labels: [CLICK], region: eu, ret", "labels: [CLICK], region: us, ret"),
    ),
    "retention is asked for": (BASE, BASE.replace(CLICK_RULE, "{retention: 7d}")),
    "retention is enough": (BASE.replace(CLICK_RULE, "{retention: 7d}"), BASE.replace(CLICK_RULE, "{retention: 60d}")),
    "destinations": (BASE, BASE.replace(CLICK_RULE, "{destinations: ['http://**', 'file:///[*]']}")),
    "destinations with what judges for itself": (
        BASE.replace(CLICK_RULE, "{destinations: ['file:///*']}") + "\ntrust: {egress: ['http://**']}",
        BASE + "\ntrust: {egress: ['http://far.*/*']}",
    ),
    "a rule on what is beneath": (BASE, BASE.replace("applies_to: [CONTACT]", "applies_to: [CONTACT.EMAIL]")),
    "a rule for a purpose beneath": (BASE, BASE.replace("{purposes: [reply]}", "{purposes: [reply.late]}")),
    "a rule that permits nothing": (BASE, BASE.replace("{purposes: [reply]}", "{purposes: []}")),
    "one rule only observes": (
        BASE.replace(RULES, RULES.replace("simulate", "enforce")),
        BASE.replace(RULES, RULES.replace("simulate", "observe")),
    ),
    "two zones around what is served": (
        BASE + zones(SERVED),
        BASE + zones(SERVED, "match: 'http://**', purpose: ads, labels: [CLICK]"),
    ),
    "a zone that admits what is beneath": (
        BASE + zones(f"{SERVED}, labels: [CONTACT]"),
        BASE + zones(f"{SERVED}, labels: [CONTACT.EMAIL]"),
    ),
    "a zone for all, and none": (BASE + zones("match: '**', purpose: reply, labels: [CLICK]"), BASE),
    "none, and a zone for all": (BASE, BASE + zones("match: '**', purpose: ads")),
    "the same purpose around command and request": (
        BASE + zones(SERVED),
        BASE + zones("match: 'command://*', purpose: reply", SERVED),
    ),
    "the command's zone admits less than the request's": (
        BASE + zones("match: 'command://**', purpose: reply, labels: [CONTACT, CLICK]"),
        BASE + zones("match: 'command://**', purpose: reply, labels: [CLICK]", f"{SERVED}, labels: [CONTACT]"),
    ),
    "a transform for another sink": (BASE + lowers(), BASE + lowers(sink="file:///other*")),
    "a transform for a sink with a star in its name": (BASE + lowers(), BASE + lowers(sink="file:///[*]")),
    "a transform that has expired": (BASE + lowers(), BASE + lowers(day="2020-01-01")),
    "a transform that had expired": (BASE + lowers(day="2020-01-01"), BASE + lowers()),
    "a transform to something else": (
        BASE + lowers("SUM"),
        BASE.replace("labels: [CLICK], region", "labels: [CLICK, SUM], region") + lowers("SUM"),
    ),
    "what is resident was not": (
        BASE,
        BASE.replace("'model://r/m', labels: [CLICK]", "'model://r/m', labels: [CONTACT], resident: true"),
    ),
    "what was resident is not": (
        BASE.replace("'model://r/m', labels: [CLICK]", "'model://r/m', labels: [CONTACT], resident: true"),
        BASE,
    ),
    "a response that is no longer annotated": (
        BASE,
        BASE.replace("fields: {request: [CLICK], response: [CLICK]}", "fields: {request: [CONTACT]}"),
    ),
    "what only decides counts": (BASE, BASE.replace(RULES, RULES + ", indirect: true")),
    "a hole that becomes a denial": (BASE, BASE.replace(RULES, RULES + ", uncovered: deny")),
}
"""What is recorded, and what it meets."""

USERS_TABLE = Asset("db://h", "users")
BY_EMAIL = Part(USERS_TABLE, "email", indirect=True)
MORE_SCRIPTS: dict[str, list[Any]] = SCRIPTS | {
    "columns that decide": [
        ("scope", False, [
            ("statement", Operation(Kind.READ, USERS_TABLE, ("id",), parts=(BY_EMAIL,))),
            ("write", LOG, (), None),
        ]),
    ],
    "a transform inside of a request": [
        ("serve", KNOWN, [("lower", "CONTACT", frozenset({"SUM"}), "file:///*", FLOW)])
    ],
    "a transform around two sinks": [
        ("zone", ("reply", None), [("lower", "CONTACT", frozenset[str](), "**", [*FLOW, ("call", FAR, MORE)])])
    ],
    "isolated from each other": [
        ("scope", True, [("zone", ("reply", CONTACT), [("read", USERS, ("email",))])]),
        ("scope", False, [("scope", True, [("read", USERS, ())]), ("write", LOG, ("x",), None)]),
    ],
    "named sources": [
        ("scope", False, [("read", USERS, ()), ("write", LOG, (), (MODEL,)), ("write", LOG, (), (USERS,))])
    ],
    "a transform whose result may go there": [
        ("zone", ("reply", None), [("lower", "CONTACT", frozenset[str](), LOG, FLOW)]),
    ],
    "one request inside another, in zones": [
        ("serve", KNOWN, [("zone", ("reply", CLICKS | CONTACT), [("serve", MORE, IN_ZONES), ("attach", KNOWN, FLOW)])])
    ],
    "zones within zones": [("zone", ("reply.late", None), [("zone", ("reply", CONTACT), FLOW), *FLOW])],
}  # fmt: skip


@cache
def _read(text: str) -> Policy:
    return parse(text, "policy.yaml")


@cache
def _recorded(script: str, text: str, mode: Mode, command: str | None) -> Recorded:
    """Return what a script leaves under a policy; most of them are one of several pairs."""
    return recorded(MORE_SCRIPTS[script], _read(text), mode, "eu", command=command)


@pytest.mark.parametrize("command", [None, COMMAND])
@pytest.mark.parametrize("pair", PAIRS)
def test_replay_decides_as_the_runtime_does(pair: str, command: str | None) -> None:
    before, after = map(_read, PAIRS[pair])
    for script in MORE_SCRIPTS:
        was, is_now = (_recorded(script, each, Mode.SIMULATE, command) for each in PAIRS[pair])
        agree(was, is_now, before, after, command)
        agree(is_now, was, after, before, command)


@pytest.mark.parametrize("pair", PAIRS)
def test_enforcement_stops_first_what_replay_says_first(pair: str) -> None:
    before, after = PAIRS[pair]
    judge = Judge(_read(after), Mode.ENFORCE)
    for name in MORE_SCRIPTS.keys() - {"late trailers", "a body"}:
        was, stopped = _recorded(name, before, Mode.SIMULATE, None), _recorded(name, after, Mode.ENFORCE, None)
        for now, enforced in zip(as_held(was, judge), stopped.flows, strict=False):
            assert judge.decide(now) == enforced.decision
            if enforced.decision.verdict is Verdict.DENY:
                break


def test_most_pairs_decide_something_otherwise() -> None:
    def decided(text: str) -> list[Any]:
        return [
            flow.decision
            for script in MORE_SCRIPTS
            for mode in (Mode.SIMULATE, Mode.ENFORCE)
            for flow in _recorded(script, text, mode, COMMAND).flows
        ]

    same = {pair for pair, (before, after) in PAIRS.items() if decided(before) == decided(after)}
    assert same <= {"a hole that becomes a denial", "a field becomes one that has labels"}
