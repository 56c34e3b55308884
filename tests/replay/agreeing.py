"""What it means that replay agrees with the runtime."""

from typing import Any

from privacylib.model import REQUEST, Flow, Served
from privacylib.model.policy import Policy
from privacylib.policy.engine import Engine
from privacylib.replay import Judge
from privacylib.replay.replaying import holding
from tests.replay.driving import SERVED, Recorded

__all__ = ["agree", "as_held"]


def as_held(was: Recorded, judge: Judge) -> list[Flow]:
    """Return the flows of operations, with what would have become resident before them."""
    return [
        holding(flow, [source for each in seen for source in judge.resident(each)])
        for flow, seen in zip(was.flows, was.seen, strict=True)
    ]


def agree(was: Recorded, is_now: Recorded, before: Policy, after: Policy, command: str | None = None) -> None:
    """Check that what was recorded under one policy is decided as it was under another."""
    judge = Judge(after)
    flows = as_held(was, judge)
    assert [judge.decide(flow) for flow in flows] == [flow.decision for flow in is_now.flows]
    assert [judge.labels(flow) for flow in flows] == [flow.labels for flow in is_now.flows]
    if flows == was.flows:  # else what became resident is behind them, from when on is not told of these
        again = {(held(flow), judge.decide(flow)): flow in was.late for flow in was.all}
        now = {(held(flow), flow.decision): flow in is_now.late for flow in is_now.all}
        assert {each for each, late in again.items() if late} <= now.keys()
        assert {each for each, late in now.items() if late} <= again.keys()
    taken, expected_taken = was.taken, is_now.taken
    if opens(before, command) and not opens(after, command):  # where the code would have opened one is not recorded
        taken = {flow for flow in taken if not comes_in(flow)}
        expected_taken = {flow for flow in expected_taken if not comes_in(flow)}
    entry = opens(after, command)
    assert {(told(flow, entry), judge.decide(flow)) for flow in taken} == {
        (told(flow, entry), flow.decision) for flow in expected_taken
    }


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


def held(flow: Flow) -> tuple[Any, ...]:
    """Return what tells flows apart by what they hold, whatever the policy."""
    terms = flow.terms
    assert terms
    sources = {
        (each.uri, each.unknown, each.evidence, each.carried, each.annotated, each.opaque)
        for each in flow.sources
        if not each.lasting
    }
    zones = (flow.purposes, flow.admitted) if terms.served is None else terms.served
    return flow.kind, flow.asset, flow.fields, frozenset(sources), zones, terms.lowered, terms.purpose_unknown


def opens(policy: Policy, command: str | None = None) -> bool:
    """Return whether a policy puts a zone around what the scripts serve, or around the command that does."""
    zones = Engine(policy).zones
    return bool(zones(SERVED.asset.uri) or (command and zones(command)))
