"""The gate: every input of a training job is judged before any of them is read, and what they were made of as well."""

from collections.abc import Iterable, Iterator

from attrs import evolve

from privacylib.context import Frame, frame_now
from privacylib.decorators.arguments import dotted, names
from privacylib.labels import join
from privacylib.model import ALLOW, Decision, Kind, Operation, PolicyDenied, Source, Verdict, Zone
from privacylib.naming import asset as named
from privacylib.naming import parse
from privacylib.runtime import Handle, Site, faults, flow_of, is_carrier, narrowed, record, site_now, terms_of
from privacylib.training.inputs import joined
from privacylib.training.lineage import Lineage, Origin, lineage

__all__ = ["gate", "judge"]

_SITE = "privacylib.training:gate"


def gate(inputs: Iterable[str], purpose: str) -> Decision:
    """Decide, before anything is read, whether a model may be trained on its inputs.

    All inputs must permit the purpose, and so must everything that the spool knows them to be made of. One without
    annotation is refused. Refusals are recorded as reads that were denied, one for each asset; what
    passes is recorded when it is read.

    Args:
        inputs: URIs of the assets that the job is going to read.
        purpose: What is trained, dotted; the zones around it count as well.

    Returns:
        The decision, with the violations of every input.

    Raises:
        AssetNameError: A URI names no asset.
        PolicyDenied: An enforced rule refuses an input; names the first, and holds the violations of all.
        TypeError: The purpose is no text, or the inputs are one.
        ValueError: The purpose is no dotted name.
    """
    declared, purpose = names("inputs", inputs), dotted("purpose", purpose)
    frame = frame_now()
    zone = frame.zone if frame.zone.purposes[-1:] == (purpose,) else narrowed(frame.zone, purpose, None)
    return judge([named(uri).uri for uri in declared], frame, zone)


def judge(
    inputs: Iterable[str], frame: Frame, zone: Zone, held: Iterable[Source] = (), known: Lineage | None = None
) -> Decision:
    """Decide on inputs, and on what they were made of, in a zone.

    Args:
        inputs: URIs of assets, or of fields.
        frame: Where the work stands.
        zone: What it is done for.
        held: What the work has read, with the labels it came with.
        known: What they were made of; read from the spool where left out.

    Raises:
        PolicyDenied: An enforced rule refuses one.
    """
    decisions: dict[str, Decision] = {}
    brought = joined(held)
    for origin in _with_origins([*brought, *inputs], known):
        asset, field = parse(origin.uri)
        site = site_now(Operation(Kind.READ, asset, () if field is None else (field,), site=_SITE))
        if site is not None:
            decision = _judged(site, frame, zone, origin, brought.get(origin.uri)) or ALLOW
            decisions[origin.uri] = decision.joined(decisions.get(origin.uri, ALLOW))
    refused = [uri for uri, decision in decisions.items() if decision.verdict is Verdict.DENY]
    whole = Decision.of(violation for decision in decisions.values() for violation in decision.violations)
    if refused:
        raise PolicyDenied(whole, refused[0])
    return whole


def _with_origins(inputs: Iterable[str], known: Lineage | None) -> Iterator[Origin]:
    """Give each input, and each asset behind it."""
    for uri in dict.fromkeys(inputs):
        yield Origin(uri, frozenset())
        if known is None:
            known = lineage()
        yield from known.behind(uri)


@faults.deciding
def _judged(site: Site, frame: Frame, zone: Zone, origin: Origin, brought: Source | None) -> Decision:
    """Decide one input, or what is behind one, and record it when a rule is broken."""
    engine, asset, behind = site.snapshot.engine, site.operation.asset, origin.steps > 0
    told = brought.told if brought else None
    wide = told is not None  # its labels are those of what was read there, and not of all that may be there
    own = frozenset[str]() if behind or wide else join(*(source.labels for source in site.sources))
    labels = join(own, origin.labels, brought.labels if brought else frozenset())
    fields = site.operation.fields
    known = told if wide else site.annotated(*fields) is not None or bool(labels) or is_carrier(asset, fields)
    unknown = brought.unknown if brought else None
    decision = engine.read(asset, labels, zone, unknown) if known else engine.unannotated(asset, wide=wide)
    if behind and not decision.allowed:
        way = origin.way
        made = f"; {way[-1]} is made of it: {' -> '.join(way)}"
        decision = Decision.of(evolve(one, reason=one.reason + made) for one in decision.violations)
    if decision.allowed and behind:
        return decision
    why = unknown if known else "unannotated"
    terms = evolve(terms_of(site.operation, engine, zone, taken=brought), gate="behind" if behind else "input")
    flow = flow_of(site.operation, terms, zone, decision, labels, why, fields)
    if decision.allowed:
        site.snapshot.recorder.define(flow)  # it is recorded when it is read; another policy may refuse it here
    else:
        record(Handle(site, frame), 0, site.define(flow))
    return decision
