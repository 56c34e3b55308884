"""Training jobs: the zone around a job, and the gate that its inputs pass before any of them is read.

What a model has learnt cannot be taken out of it again, so the gate is stricter than a read: an
input that nobody annotated is refused, not taken for harmless.
"""

from collections.abc import Iterable

from privacylib.context import Frame, frame_now
from privacylib.decorators import Block
from privacylib.decorators.arguments import dotted
from privacylib.labels import join
from privacylib.model import ALLOW, Decision, Kind, Operation, PolicyDenied, Verdict, Violation, Zone
from privacylib.naming import asset as named
from privacylib.policy import remedies
from privacylib.runtime import Handle, Site, ZoneStep, faults, narrowed, record, site_now

__all__ = ["gate", "job"]


def job(name: str, purpose: str) -> Block:
    """Open the zone of a training job. What it reads inside flows into the checkpoint that it writes.

    Args:
        name: What the job is called, for people.
        purpose: What is trained, dotted.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        TypeError: The purpose is no text.
        ValueError: The purpose is no dotted name.
    """
    why = dotted("purpose", purpose)
    return Block(ZoneStep(why, None, name).enter)


def gate(inputs: Iterable[str], purpose: str) -> Decision:
    """Decide, before anything is read, whether a model may be trained on its inputs.

    All inputs must permit the purpose, and one without annotation is refused. Refusals are recorded
    as reads that were denied, one for each input; what passes is recorded when it is read.

    Args:
        inputs: URIs of the assets that the job is going to read.
        purpose: What is trained, dotted; the zones around it count as well.

    Returns:
        The decision, with the violations of every input.

    Raises:
        AssetNameError: A URI names no asset.
        PolicyDenied: An enforced rule refuses an input; names the first, and holds the violations of all.
    """
    frame = frame_now()
    zone = frame.zone if frame.zone.purposes[-1:] == (purpose,) else narrowed(frame.zone, purpose, None)
    decisions: dict[str, Decision] = {}
    for uri in inputs:
        site = site_now(Operation(Kind.READ, named(uri), site=f"{__name__}:gate"))
        if site is not None:
            decisions[uri] = _judged(site, frame, zone) or ALLOW
    refused = [uri for uri, decision in decisions.items() if decision.verdict is Verdict.DENY]
    whole = Decision.of(violation for decision in decisions.values() for violation in decision.violations)
    if refused:
        raise PolicyDenied(whole, refused[0])
    return whole


@faults.deciding
def _judged(site: Site, frame: Frame, zone: Zone) -> Decision:
    """Decide one input, and record it when a rule is broken."""
    engine, asset = site.snapshot.engine, site.operation.asset
    labels = join(*(source.labels for source in site.sources))
    known = site.annotated() is not None
    decision = engine.read(asset, labels, zone) if known else _without_annotation(site)
    if not decision.allowed:
        flow = site.flow((), labels, zone, None if known else "unannotated", decision, ())
        record(Handle(site, frame), 0, site.define(flow))
    return decision


def _without_annotation(site: Site) -> Decision:
    """Refuse an input of which nothing is known, as strictly as the strictest of all requirements."""
    rules, uri = site.snapshot.engine.rules, site.operation.asset.uri
    mode = rules.mode(rules.labels)
    reason = f"{uri} is not annotated, and what a model learns from it cannot be taken out again"
    remedy = remedies.annotate(uri, ()) + "  # or the labels of what it holds\n"
    return Decision.of((Violation("unknown", reason, remedy, mode),))
