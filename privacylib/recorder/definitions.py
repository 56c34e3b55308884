"""Lines of JSON, each with its own checksum: flow definitions and others."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from zlib import crc32

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

__all__ = [
    "defined", "definition_line", "flow_text", "is_whole", "lines_in", "parse_line", "parsed_text", "sealed",
    "sealed_line", "unsealed",
]  # fmt: skip

_SHARED = 16_384
"""Sources that are read once for all the flows that name them."""

_JSON = json.JSONEncoder(separators=(",", ":"))
_PREFIX = b'{"crc":"'
_REST = len(_PREFIX) + len('00000000",')
_DEFINITION = re.compile(rb'"id":(\d+),"flow":(\{"kind":"([A-Z]+)",.*\})\}')


def sealed_line(members: Mapping[str, Any]) -> bytes:
    """Return an object as a line, ASCII only, with its line feed.

    The checksum covers every byte after the comma behind it, the line feed excluded.
    """
    return sealed(_encoded(members)[1:])


def sealed(rest: bytes) -> bytes:
    """Return the rest of an object, behind the comma of its checksum, as a line with that and its line feed."""
    return b'%s%08x",%s\n' % (_PREFIX, crc32(rest), rest)


def _encoded(members: Mapping[str, Any]) -> bytes:
    return _JSON.encode(members).encode()


def is_whole(line: bytes) -> bool:
    """Return whether the checksum of a line without its line feed is right."""
    return line.startswith(_PREFIX) and line[_REST - 10 : _REST] == b'%08x",' % crc32(line[_REST:])


def unsealed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line without its line feed, or None when it is torn or damaged."""
    if not is_whole(line):
        return None
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return None


def lines_in(data: bytes) -> Iterator[bytes]:
    """Yield lines without their line feeds; where one was damaged, it costs neither of the two beside it."""
    for line in filter(None, data.split(b"\n")):
        rest = line
        while (at := rest.find(_PREFIX, 1)) > 0:  # nothing within a line looks so: its quotes are escaped
            yield rest[: at - 1]
            rest = rest[at:]
        yield rest


def definition_line(number: int, text: bytes) -> bytes:
    """Return the line that defines the flow of a text as `number`."""
    return sealed(b'"id":%d,"flow":%s}' % (number, text))


def flow_text(flow: Flow) -> bytes:
    """Return a flow as JSON."""
    return _encoded(_flow_members(flow))


def parse_line(line: bytes) -> tuple[int, Flow] | None:
    """Return number and flow of a line without its line feed, or None when it is torn or damaged."""
    members = unsealed(line)
    if members is None:
        return None
    try:
        return int(members["id"]), _flow(members["flow"])
    except (ValueError, KeyError, TypeError):  # a newer format: this reader does not know such a flow
        return None


def parsed_text(text: bytes) -> Flow | None:
    """Return the flow of a text, or None where it is of a newer format."""
    try:
        return _flow(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def defined(line: bytes) -> tuple[int, bytes, bool] | None:
    """Return number and text of the flow that a line defines, and whether it is a CALL; None as `parse_line` does."""
    found = _DEFINITION.fullmatch(line, _REST)
    if found is None or not is_whole(line):  # there may be writers who write the same in another order
        parsed = parse_line(line)
        return parsed and (parsed[0], flow_text(parsed[1]), parsed[1].kind is Kind.CALL)
    return int(found[1]), found[2], found[3] == b"CALL"


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


def _flow(members: Mapping[str, Any]) -> Flow:
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
        members.get("indirect", False), members.get("lasting", False),
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
) -> Source:
    """Return one object for equal sources: a thousand flows of one scope name nearly the same."""
    place, grade = Asset(namespace, name), Evidence(evidence)
    return Source(place, field, frozenset(labels), unknown, grade, frozenset(carried), annotated, indirect, lasting)


def _violation(members: Mapping[str, Any]) -> Violation:
    return Violation(members["requirement"], members["reason"], members["remedy"], Mode[members["mode"]])
