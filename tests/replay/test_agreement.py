"""What replay decides is what the runtime decides: under the policy of the record, and under any other.

In CI some hundred programs are tried under as many policies. ``PRIVACYLIB_TEST_NIGHTLY=1`` tries thousands.
"""

import itertools
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacylib.model import Asset, Kind, Mode, Operation, Part, PolicyContext, Verdict
from privacylib.model.policy import Policy
from privacylib.policy.loading import parse
from privacylib.replay import Judge
from tests.replay.agreeing import agree, as_held
from tests.replay.driving import recorded
from tests.strategies import own_policies, regions, streaming_scripts, unbroken_scripts

pytestmark = pytest.mark.any_python

ceilings = st.sampled_from((Mode.OBSERVE, Mode.SIMULATE))
every_ceiling = st.sampled_from(Mode)
EXAMPLES = 5000 if os.environ.get("PRIVACYLIB_TEST_NIGHTLY") == "1" else 100
slow = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow
@given(streaming_scripts, own_policies, every_ceiling, st.none() | regions)
def test_the_same_policy_decides_what_was_recorded(
    script: list[Any], policy: Policy, mode: Mode, region: str | None
) -> None:
    judge = Judge(policy)
    for flow in recorded(script, policy, mode, region).all:
        assert judge.decide(flow) == flow.decision
        assert judge.labels(flow) == flow.labels


@slow
@given(streaming_scripts, own_policies, own_policies, ceilings, st.none() | regions)
def test_another_policy_decides_what_it_would_have_decided(
    script: list[Any], before: Policy, after: Policy, mode: Mode, region: str | None
) -> None:
    agree(recorded(script, before, mode, region), recorded(script, after, mode, region), before, after)


BROUGHT = PolicyContext(labels=frozenset({"CONTACT"}))
ASKED = """
labels: {CONTACT: {}}
purposes: {assistant: {}}
"""
DOOR = ASKED + 'zones: [{match: "http://served/*", purpose: assistant, labels: []}]'


@pytest.mark.parametrize("brings", ["message", "serve"])
def test_what_the_new_policys_zone_refuses_at_the_door_is_no_matter_of_the_codes_zone_behind_it(brings: str) -> None:
    script: list[Any] = [(brings, BROUGHT, [("zone", ("assistant", frozenset()), [])])]
    before, after = parse(ASKED, "before.yaml"), parse(DOOR, "after.yaml")
    was, is_now = (recorded(script, policy, Mode.OBSERVE, None) for policy in (before, after))
    agree(was, is_now, before, after)
    (asked,) = (flow for flow in was.taken if flow.decision.violations)
    assert Judge(after).decide(asked).violations[0].remedy.startswith("zones:")


COMMAND = "command://script"


@slow
@given(streaming_scripts, own_policies, own_policies, ceilings)
def test_zones_around_the_command_are_those_of_the_policy(
    script: list[Any], before: Policy, after: Policy, mode: Mode
) -> None:
    was, is_now = (recorded(script, policy, mode, None, command=COMMAND) for policy in (before, after))
    judge = Judge(before)
    assert [judge.decide(flow) for flow in was.all] == [flow.decision for flow in was.all]
    agree(was, is_now, before, after, COMMAND)


@slow
@given(unbroken_scripts, own_policies, own_policies, every_ceiling, st.none() | regions)
def test_enforcement_stops_first_what_replay_says_first(
    script: list[Any], before: Policy, after: Policy, mode: Mode, region: str | None
) -> None:
    """From there on both do different things: what was stopped brought nothing in."""
    was, is_now = recorded(script, before, mode, region), recorded(script, after, Mode.ENFORCE, region)
    judge = Judge(after, Mode.ENFORCE)
    for flow, now, enforced in zip(was.flows, as_held(was, judge), is_now.flows, strict=False):
        assert judge.decide(now) == enforced.decision
        if Verdict.DENY in (flow.decision.verdict, enforced.decision.verdict):
            break


USERS, MAILS = Asset("sqlite", "/shop/users"), Asset("sqlite", "/shop/mails")
DECIDES = (Part(USERS, "email", indirect=True), Part(USERS, "name", indirect=True))
STATEMENTS: list[Any] = [
    ("scope", False, [("statement", Operation(Kind.READ, USERS, ("age",), parts=DECIDES))]),
    ("scope", False, [("statement", Operation(Kind.READ, USERS, parts=DECIDES))]),
    *(
        ("scope", False, [("statement", Operation(
            Kind.WRITE, MAILS, ("id",), (USERS,), parsed=True, parts=(Part(USERS, "age"), *DECIDES), inside=inside
        ))])
        for inside in (True, False)
    ),
]  # fmt: skip
COUNTED = """
version: 1
labels: {{A: {{}}, B: {{}}, C: {{}}}}
purposes: {{p: {{}}}}
assets:
  - {{match: "sqlite://**/users", labels: [C], fields: {{email: [A, B], name: [B], age: []}}}}
  - {{match: "sqlite://**", labels: []}}
requirements:
  - {{id: a, applies_to: [A], allow: {{purposes: [p]}}, mode: simulate, indirect: {a}}}
  - {{id: b, applies_to: [B], allow: {{purposes: [p]}}, mode: simulate, indirect: {b}}}
"""


def test_what_only_decides_counts_where_enforcement_counts_it() -> None:
    policies = [parse(COUNTED.format(a=a, b=b), "counted.yaml") for a in ("true", "false") for b in ("true", "false")]
    for before, after in itertools.product(policies, repeat=2):
        flows = recorded(STATEMENTS, before, Mode.SIMULATE, None).flows
        expected = recorded(STATEMENTS, after, Mode.SIMULATE, None).flows
        judge = Judge(after)
        assert [judge.labels(flow) for flow in flows] == [flow.labels for flow in expected]
        assert [judge.decide(flow) for flow in flows] == [flow.decision for flow in expected]
    held = [tuple(flow.labels for flow in recorded(STATEMENTS, each, Mode.SIMULATE, None).flows) for each in policies]
    assert len(set(held)) == len(policies)


def test_what_decided_on_a_read_that_a_scope_holds_stays_indirect() -> None:
    policy = parse(COUNTED.format(a="true", b="false"), "counted.yaml")
    script = [("statement", Operation(Kind.READ, USERS, parts=DECIDES)), ("write", MAILS.uri, (), None)]
    flows = recorded([("scope", False, script)], policy, Mode.SIMULATE, None).flows
    assert [flow.labels for flow in flows] == [{"A"}, {"A"}]
    assert [Judge(policy).decide(flow) for flow in flows] == [flow.decision for flow in flows]
