"""What cannot be decided again exactly, and is taken as it was recorded."""

from collections.abc import Iterator

from privacylib.model import REQUEST, Flow, Kind
from privacylib.model.policy import Policy
from privacylib.naming import Glob, templated

__all__ = ["notes"]


def notes(flow: Flow, policy: Policy) -> Iterator[str]:
    """Yield what is taken as it was about a flow, each as the end of a sentence about such flows.

    Args:
        flow: The flow.
        policy: The policy under which it is decided again.
    """
    if any(source.asset.name == "{…}" for source in flow.sources):
        yield "hold data of more assets than are named; its labels are taken as they were"
    if templated(flow.asset, policy.naming) != flow.asset:
        yield "have a name that `naming` would change; annotations are looked up under the name that was recorded"
    if flow.terms is None:
        yield "were recorded by an earlier version, which kept less than a decision needs"
        return
    yield from _zones(flow, policy)
    terms = flow.terms
    if terms.taken is not None and terms.taken.field == REQUEST and policy.trust.ingress != "accept":
        yield "came in from outside; whether their context is believed is taken as it was, whatever `ingress` says"
    unreviewed = {each.transform for each in terms.lowered if each.fingerprint is None}
    if any(entry.fingerprint and entry.transform in unreviewed for entry in policy.reclassifications):
        yield "went through a transform whose fingerprint was not recorded; it is taken to be the reviewed one"


def _zones(flow: Flow, policy: Policy) -> Iterator[str]:
    served = flow.terms and flow.terms.served
    if served is None:
        return
    opened = any(Glob(zone.match).matches(served.uri) for zone in policy.zones)
    if opened and served.before:
        yield "have purposes that the caller sent along; those are taken as they were, whatever zones it would open"
    request = flow.kind is Kind.READ and flow.terms is not None and flow.terms.taken is not None
    if request and flow.labels and len(flow.purposes) > len(served.before) and not (opened or served.after):
        yield "came in under a zone that the policy does not open; they are judged outside of it, where they came in"
