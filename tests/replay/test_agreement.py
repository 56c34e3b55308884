"""What replay decides is what the runtime decides: under the policy of the record, and under any other.

In CI some hundred programs are tried under as many policies. ``PRIVACYLIB_TEST_NIGHTLY=1`` tries thousands.
"""

import itertools
import os
from typing import Any

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacylib.model import REQUEST, Asset, Flow, Kind, Mode, Operation, Part, Served, Verdict
from privacylib.model.policy import Annotated, Policy
from privacylib.policy.engine import Engine
from privacylib.policy.loading import parse
from privacylib.replay import Judge
from privacylib.replay.replaying import holding
from tests.replay.driving import SERVED, recorded
from tests.strategies import own_policies, regions, scripts, small_policies, streaming_scripts, unbroken_scripts

ceilings = st.sampled_from((Mode.OBSERVE, Mode.SIMULATE))
every_ceiling = st.sampled_from(Mode)
EXAMPLES = 5000 if os.environ.get("PRIVACYLIB_TEST_NIGHTLY") == "1" else 100
slow = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def told(flow: Flow, at_entry: bool) -> tuple[Any, ...]:
    """Return what tells the flows of what an endpoint brought in apart, whatever the policy.

    Args:
        flow: The flow.
        at_entry: Whether requests are judged as they come in, and not where the code opens a zone.
    """
    terms = flow.terms
    assert terms
    assert terms.taken
    around = terms.served or Served("", flow.purposes, flow.admitted)
    came = terms.taken.carried, terms.taken.unknown
    apart = flow.asset, flow.fields, around.around, around.before, around.brought, *came
    inside = around.after, around.admitted, terms.taken.annotated
    return apart if comes_in(flow) and at_entry else (*apart, *inside)


def comes_in(flow: Flow) -> bool:
    """Return whether it is what opened a scope: a request, or a message."""
    return flow.fields == (REQUEST,) or (flow.terms is not None and flow.terms.arrived)


def opens(policy: Policy) -> bool:
    """Return whether a policy puts a zone around what the scripts serve."""
    return bool(Engine(policy).zones(SERVED.asset.uri))


@slow
@given(streaming_scripts, own_policies, every_ceiling, st.none() | regions)
def test_the_same_policy_decides_what_was_recorded(
    script: list[Any], policy: Policy, mode: Mode, region: str | None
) -> None:
    flows, taken = recorded(script, policy, mode, region)
    judge = Judge(policy)
    for flow in (*flows, *taken):
        assert judge.decide(flow) == flow.decision
        assert judge.labels(flow) == flow.labels


@slow
@given(scripts, small_policies, small_policies, ceilings, st.none() | regions)
def test_another_policy_decides_what_it_would_have_decided(
    script: list[Any], before: Policy, after: Policy, mode: Mode, region: str | None
) -> None:
    flows, taken = recorded(script, before, mode, region)
    expected, expected_taken = recorded(script, after, mode, region)
    judge = Judge(after)
    assert [judge.decide(flow) for flow in flows] == [flow.decision for flow in expected]
    assert [judge.labels(flow) for flow in flows] == [flow.labels for flow in expected]
    if opens(before) and not opens(after):  # where the code would have opened one is not recorded
        taken = {flow for flow in taken if not comes_in(flow)}
        expected_taken = {flow for flow in expected_taken if not comes_in(flow)}
    entry = opens(after)
    assert {(told(flow, entry), judge.decide(flow)) for flow in taken} == {
        (told(flow, entry), flow.decision) for flow in expected_taken
    }


@slow
@given(unbroken_scripts, small_policies, small_policies, every_ceiling, st.none() | regions)
def test_enforcement_stops_first_what_replay_says_first(
    script: list[Any], before: Policy, after: Policy, mode: Mode, region: str | None
) -> None:
    """From there on both do different things: what was stopped brought nothing in."""
    flows, _ = recorded(script, before, mode, region)
    expected, _ = recorded(script, after, Mode.ENFORCE, region)
    judge = Judge(after, Mode.ENFORCE)
    for flow, enforced in zip(flows, expected, strict=False):
        assert judge.decide(flow) == enforced.decision
        if Verdict.DENY in (flow.decision.verdict, enforced.decision.verdict):
            break


@slow
@given(scripts, small_policies, small_policies, ceilings)
def test_what_becomes_resident_is_held_by_all_later_work(
    script: list[Any], before: Policy, after: Policy, mode: Mode
) -> None:
    load = ("scope", False, [("read", "model://r/m", ())])
    resident = evolve(after, assets=(Annotated(match="model://r/m", resident=True), *after.assets))
    flows, _ = recorded([load, ("scope", False, script)], before, mode, None)
    expected, _ = recorded([load, ("scope", False, script)], resident, mode, None)
    judge = Judge(resident)
    held = [source for flow in flows for source in judge.resident(flow)]
    again = [holding(flow, held) for flow in flows]
    assert [judge.decide(flow) for flow in again] == [flow.decision for flow in expected]
    assert [judge.labels(flow) for flow in again] == [flow.labels for flow in expected]


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
        flows, _ = recorded(STATEMENTS, before, Mode.SIMULATE, None)
        expected, _ = recorded(STATEMENTS, after, Mode.SIMULATE, None)
        judge = Judge(after)
        assert [judge.labels(flow) for flow in flows] == [flow.labels for flow in expected]
        assert [judge.decide(flow) for flow in flows] == [flow.decision for flow in expected]
    held = [tuple(flow.labels for flow in recorded(STATEMENTS, each, Mode.SIMULATE, None)[0]) for each in policies]
    assert len(set(held)) == len(policies)


def test_what_decided_on_a_read_that_a_scope_holds_stays_indirect() -> None:
    policy = parse(COUNTED.format(a="true", b="false"), "counted.yaml")
    script = [("statement", Operation(Kind.READ, USERS, parts=DECIDES)), ("write", MAILS.uri, (), None)]
    flows, _ = recorded([("scope", False, script)], policy, Mode.SIMULATE, None)
    assert [flow.labels for flow in flows] == [{"A"}, {"A"}]
    assert [Judge(policy).decide(flow) for flow in flows] == [flow.decision for flow in flows]
