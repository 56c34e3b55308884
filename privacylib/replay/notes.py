"""What cannot be decided again exactly, and is taken as it was recorded."""

from collections.abc import Iterable, Iterator

from privacylib.model import REQUEST, Flow, Kind, Source
from privacylib.model.policy import Policy
from privacylib.naming import Glob, templated

__all__ = ["notes", "told_less"]


_SENT = (
    "hold labels that another service sent along; those are taken as they were, whatever the policy says of what that "
    "one read: replay its spool as well, and annotate here what it sends"
)


def notes(flow: Flow, policy: Policy, service: str) -> Iterator[str]:
    """Yield what is taken as it was about a flow, each as the end of a sentence about such flows.

    Args:
        flow: The flow.
        policy: The policy under which it is decided again.
        service: Who recorded it.
    """
    if any(source.asset.name == "{…}" for source in flow.sources):
        yield "hold data of more assets than are named; its labels are taken as they were"
    if any(source.carried for source in _brought(flow)):
        yield _SENT
    if templated(flow.asset, policy.naming) != flow.asset:
        yield "have a name that `naming` would change; annotations are looked up under the name that was recorded"
    if flow.terms is None:
        yield "were recorded by an earlier version, which kept less than a decision needs"
        return
    yield from _zones(flow, policy, service)
    terms = flow.terms
    if terms.taken is not None and terms.taken.field == REQUEST and policy.trust.ingress != "accept":
        yield "came in from outside; whether their context is believed is taken as it was, whatever `ingress` says"
    if terms.gate:
        yield "were asked of the gate of a training job; what lies behind its inputs is taken as it was judged then"
    unreviewed = {each.transform for each in terms.lowered if each.fingerprint is None}
    if any(entry.fingerprint and entry.transform in unreviewed for entry in policy.reclassifications):
        yield "went through a transform whose fingerprint was not recorded; it is taken to be the reviewed one"


def told_less(flows: Iterable[Flow]) -> frozenset[Flow]:
    """Return those that went to an endpoint which judged for itself at the same call site, and did not for them.

    An open request or response may take in more than what was announced when it began. What that was is not recorded.
    """
    called = [flow for flow in flows if flow.kind in (Kind.CALL, Kind.SERVE) and flow.terms is not None]
    judging = {(each.kind, each.asset, each.site) for each in called if each.terms and each.terms.judges}
    return frozenset(
        each
        for each in called
        if each.terms and not each.terms.judges and (each.kind, each.asset, each.site) in judging
    )


def _brought(flow: Flow) -> tuple[Source, ...]:
    taken = flow.terms.taken if flow.terms is not None else None
    return flow.sources if taken is None else (*flow.sources, taken)


def _zones(flow: Flow, policy: Policy, service: str) -> Iterator[str]:
    served = flow.terms and flow.terms.served
    if served is None:
        if _opened(policy, f"command://{service}"):
            yield "were recorded outside of a command; zones that the policy puts around it are not put there"
        return
    told = sum(len(each.before) + len(each.after) for each in served.outwards())
    stood, opened = len(flow.purposes) > told, any(_opened(policy, each.uri) for each in served.outwards())
    if served.before and (policy.zones if served.is_command else opened):
        who = "whoever started their command had" if served.is_command else "the caller sent along"
        yield f"have purposes that {who}; those are taken as they were, whatever zones it would open"
    command = next((each for each in served.outwards() if each.is_command), None)
    if command is not None and served.is_command and stood is not _opened(policy, command.uri):
        yield "are of a command that would stand in a zone, or in none; which work is one outside scopes is as it was"
    request = flow.kind is Kind.READ and flow.terms is not None and flow.terms.taken is not None
    if request and flow.labels and not served.is_command and stood and not (opened or served.after):
        yield "came in under a zone that the policy does not open; they are judged outside of it, where they came in"


def _opened(policy: Policy, uri: str) -> bool:
    return any(Glob(zone.match).matches(uri) for zone in policy.zones)
