"""What replay decides is what the runtime decides: under the policy of the record, and under any other."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacylib.model import Flow, Mode
from privacylib.model.policy import Policy
from privacylib.replay import Judge
from tests.replay.driving import recorded
from tests.strategies import regions, scripts, small_policies

ceilings = st.sampled_from((Mode.OBSERVE, Mode.SIMULATE))
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def told(flow: Flow) -> tuple[Any, ...]:
    """Return what tells the flows of what an endpoint brought in apart, whatever the policy."""
    taken = flow.terms and flow.terms.taken
    assert taken
    return flow.asset, flow.fields, flow.purposes, flow.admitted, taken.carried, taken.unknown, taken.annotated


@slow
@given(scripts, small_policies, ceilings, st.none() | regions)
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
    assert {(told(flow), judge.decide(flow)) for flow in taken} == {
        (told(flow), flow.decision) for flow in expected_taken
    }
