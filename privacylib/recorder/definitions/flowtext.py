"""Flows as text, and read again."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from privacylib.model import (
    Asset,
    Decision,
    Evidence,
    Flow,
    Kind,
    Lowered,
    Mode,
    Part,
    Served,
    Source,
    Terms,
    Verdict,
    Violation,
)
from privacylib.recorder.lines import encoded

__all__ = ["flow_of", "flow_text", "parsed_text"]

_SHARED = 16_384
"""Sources that are read once for all the flows that name them."""


def flow_text(flow: Flow) -> bytes:
    """Return a flow as JSON."""
    return encoded(_flow_members(flow))


def parsed_text(text: bytes) -> Flow | None:
    """Return the flow of a text, or None where it is of a newer format."""
    try:
        return flow_of(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def _flow_members(flow: Flow) -> dict[str, Any]:
    members = {
        "kind": flow.kind.name,
        "asset": [flow.asset.namespace, flow.asset.name],
        "fields": list(flow.fields),
        "sources": [_source_members(source) for source in flow.sources],
        "labels": sorted(flow.labels),
        "purposes": list(flow.purposes),
        "admitted": None if flow.admitted is None else sorted(flow.admitted),
        "unknown": flow.unknown,
        "decision": flow.decision.verdict.value,
        "violations": [_violation_members(violation) for violation in flow.decision.violations],
        "site": flow.site,
        "why": flow.why or None,
        "terms": None if flow.terms is None else _terms_members(flow.terms),
    }
    return {name: value for name, value in members.items() if value not in ([], None) or name == "admitted"}


def _source_members(source: Source) -> dict[str, Any]:
    return {
        "asset": [source.asset.namespace, source.asset.name],
        "field": source.field,
        "labels": sorted(source.labels),
        "unknown": source.unknown,
        "evidence": source.evidence.value,
        **({"carried": sorted(source.carried)} if source.carried else {}),
        **({} if source.annotated else {"annotated": False}),
        **({"indirect": True} if source.indirect else {}),
        **({"lasting": True} if source.lasting else {}),
        **({"opaque": True} if source.opaque else {}),
        **({} if source.told is None else {"told": source.told}),
    }


def _terms_members(terms: Terms) -> dict[str, Any]:
    members = {
        "ceiling": terms.ceiling.name,
        "region": terms.region,
        "judges": terms.judges,
        "listed": terms.listed,
        "late": terms.late,
        "purpose_unknown": terms.purpose_unknown,
        "lowered": [
            [
                sorted(each.labels),
                sorted(each.to),
                each.sink,
                each.transform,
                each.expires,
                None if each.fields is None else sorted(each.fields),
                each.fingerprint,
            ]
            for each in terms.lowered
        ],
        "taken": None if terms.taken is None else _source_members(terms.taken),
        "uncovered": terms.uncovered,
        "arrived": terms.arrived,
        "decides": [[part.asset.namespace, part.asset.name, part.field] for part in terms.decides],
        "alone": terms.alone,
        "gate": terms.gate or None,
        "silent": terms.silent,
        "served": None if terms.served is None else _served_members(terms.served),
    }
    return {name: value for name, value in members.items() if value not in ([], None, False)}


def _served_members(served: Served) -> list[Any]:
    brought, admitted = (None if each is None else sorted(each) for each in (served.brought, served.admitted))
    around = () if served.around is None else (_served_members(served.around),)
    return [served.uri, list(served.before), brought, list(served.after), admitted, *around]


def _violation_members(violation: Violation) -> dict[str, Any]:
    return {
        "requirement": violation.requirement,
        "reason": violation.reason,
        "remedy": violation.remedy,
        "mode": violation.mode.name,
    }


def flow_of(members: Mapping[str, Any]) -> Flow:
    """Return the flow of an object as `flow_text` writes it.

    Raises:
        ValueError, KeyError, TypeError: It is none, or of a newer format.
    """
    admitted = members.get("admitted")
    return Flow(
        kind=Kind[members["kind"]],
        asset=_asset(members["asset"]),
        fields=tuple(members.get("fields", ())),
        sources=tuple(_source(source) for source in members.get("sources", ())),
        labels=frozenset(members.get("labels", ())),
        purposes=tuple(members.get("purposes", ())),
        admitted=None if admitted is None else frozenset(cast(list[str], admitted)),
        unknown=members.get("unknown"),
        decision=Decision(
            Verdict(members["decision"]), tuple(_violation(violation) for violation in members.get("violations", ()))
        ),
        site=members.get("site", ""),
        why=members.get("why", ""),
        terms=_terms(members["terms"]) if "terms" in members else None,
    )


def _terms(members: Mapping[str, Any]) -> Terms:
    taken = members.get("taken")
    return Terms(
        ceiling=Mode[members["ceiling"]],
        region=members.get("region"),
        judges=members.get("judges", False),
        listed=members.get("listed", False),
        late=members.get("late", False),
        purpose_unknown=members.get("purpose_unknown"),
        lowered=tuple(_lowered(*each) for each in members.get("lowered", ())),
        taken=None if taken is None else _source(taken),
        uncovered=members.get("uncovered", False),
        arrived=members.get("arrived", False),
        decides=tuple(Part(_asset(place), field, True) for *place, field in members.get("decides", ())),
        alone=members.get("alone", False),
        gate=members.get("gate", ""),
        silent=members.get("silent", False),
        served=_served(*members["served"]) if "served" in members else None,
    )


def _served(
    uri: str,
    before: list[str],
    brought: list[str] | None,
    after: list[str],
    admitted: list[str] | None,
    around: list[Any] | None = None,
) -> Served:
    came, opened = (None if each is None else frozenset(each) for each in (brought, admitted))
    return Served(uri, tuple(before), came, tuple(after), opened, None if around is None else _served(*around))


def _lowered(
    labels: list[str],
    to: list[str],
    sink: str,
    transform: str,
    expires: str,
    fields: list[str] | None,
    fingerprint: str | None,
) -> Lowered:
    some = None if fields is None else frozenset(fields)
    return Lowered(frozenset(labels), frozenset(to), sink, transform, expires, some, fingerprint)


def _asset(parts: list[str]) -> Asset:
    namespace, name = parts
    return Asset(namespace, name)


def _source(members: Mapping[str, Any]) -> Source:
    return _shared(
        *members["asset"], members["field"], tuple(members["labels"]), members["unknown"], members["evidence"],
        tuple(members.get("carried", ())), members.get("annotated", True),
        members.get("indirect", False), members.get("lasting", False), members.get("opaque", False),
        members.get("told"),
    )  # fmt: skip


@lru_cache(maxsize=_SHARED)
def _shared(
    namespace: str,
    name: str,
    field: str | None,
    labels: tuple[str, ...],
    unknown: str | None,
    evidence: str,
    carried: tuple[str, ...],
    annotated: bool,
    indirect: bool,
    lasting: bool,
    opaque: bool,
    told: bool | None,
) -> Source:
    """Return one object for equal sources: a thousand flows of one scope name nearly the same."""
    return Source(
        Asset(namespace, name), field, frozenset(labels), unknown, Evidence(evidence), frozenset(carried), annotated,
        indirect, lasting, opaque, told,
    )  # fmt: skip


def _violation(members: Mapping[str, Any]) -> Violation:
    return Violation(members["requirement"], members["reason"], members["remedy"], Mode[members["mode"]])
