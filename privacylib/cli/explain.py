"""``privacylib explain``: why an edge exists, or why a flow was denied, in plain words."""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import asdict

from privacylib.cli import Subparsers
from privacylib.cli.graph import spool_argument, spools
from privacylib.errors import PrivacyError
from privacylib.model import Evidence

if TYPE_CHECKING:
    from privacylib.graph import Breach, Explained, Reasons, Way

__all__ = ["add", "run"]

Members = dict[str, Any]

SHOWN = 5
"""Rows of an answer; `--json` has all."""

_DESCRIPTION = """Say in plain words why an edge exists, given as SOURCE SINK or 'SOURCE->SINK', or where none does the
edges of the shortest way between the two; or why a flow was denied, given as the id that doctor prints or as the URI of
its asset: by which rule, with what data, on which way it came, and what would allow it."""

_EVIDENCE = {
    Evidence.DECLARED: "the code says that the sink is derived from it",
    Evidence.PARSED: "the statement, or a configuration, says so",
    Evidence.MATCHED: "the same payload was seen on both sides",
    Evidence.TRACKED: "the value, or the call that joins both ends, carried it",
    Evidence.CONTEXT: "the same work read the source before its write ended",
}


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("explain", help="say why an edge exists, or a denial", description=_DESCRIPTION)
    parser.add_argument("what", metavar="EDGE|DENIAL", nargs="+", help="SOURCE SINK, SOURCE->SINK, an id or an asset")
    spool_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain; the status is 1 where there is nothing of that name."""
    from privacylib.graph import Reasons

    ends = [end.strip() for word in arguments.what for end in re.split(r"\s*->\s*", word) if end.strip()]
    if len(ends) > 2:
        raise PrivacyError("explain takes SOURCE SINK, SOURCE->SINK, the id of a denial, or one asset")
    reasons = Reasons(spools(arguments))
    if len(ends) == 2:
        return _explain_edge(reasons, ends[0], ends[1], as_json=arguments.json)
    return _explain_breaches(reasons, ends[0], as_json=arguments.json)


def _explain_edge(reasons: "Reasons", source: str, sink: str, *, as_json: bool) -> int:
    none = f"no edge leads from {source} to {sink}"
    found = reasons.edge(source, sink) or reasons.between(source, sink)
    if found is None:
        raise PrivacyError(f"{none}, nor several in a row; `privacylib graph edges` lists them all")
    if as_json:
        _print([edge.members() for edge in found.rows], found.sites, found.others, found.way, [])
    else:
        told = _edge_told(found)
        print("\n".join(told if len(found.way.places) == 2 else (*_way_told(none, found.way), *told)))
    return 0


def _way_told(none: str, way: "Way") -> Iterator[str]:
    yield f"{none}; the shortest way ({_how(way)}):"
    yield f"  {way.places[0]}"
    yield from (f"    -> {place}" for place in way.places[1:])


def _how(way: "Way") -> str:
    return "one work did it all" if way.witnessed else "possible: no single work did it all"


def _edge_told(found: "Explained") -> Iterator[str]:
    for edge in found.rows[:SHOWN]:
        yield f"{edge.source} -> {edge.sink}"
        yield f"  {edge.evidence.value}: {_EVIDENCE[edge.evidence]}"
        yield f"  {edge.count} times by {edge.service}, between {edge.first_seen[:19]} and {edge.last_seen[:19]} UTC"
        yield f"  labels read: {' '.join(edge.labels) or 'none'}; purpose: {edge.purpose or 'none'}"
        yield f"  decision: {edge.decision.value}"
        yield f"  work: {', '.join(edge.correlation_keys)}"
    if len(found.rows) > SHOWN:
        yield f"and {len(found.rows) - SHOWN} more; --json has all"
    yield f"call sites: {', '.join(found.sites[:SHOWN]) or 'not known'}"
    if found.others:
        yield f"the same writes depend on {found.others} other sources; `derived_from` on the write says which count"


def _explain_breaches(reasons: "Reasons", name: str, *, as_json: bool) -> int:
    rows = reasons.breaches(name)
    if not rows:
        raise PrivacyError(f"nothing under {name} broke a rule; `privacylib doctor` lists what did")
    if as_json:
        sites = sorted({row.site for row in rows if row.site})
        _print([], sites, 0, None, [row.members() | {"way": asdict(reasons.way(row))} for row in rows])
        return 0
    for row in rows[:SHOWN]:
        print("\n".join(_breach_told(row, reasons)))
    if len(rows) > SHOWN:
        print(f"and {len(rows) - SHOWN} more; --json has all")
    return 0


def _print(
    edges: Sequence[Members], sites: Sequence[str], others: int, way: "Way | None", denials: Sequence[Members]
) -> None:
    """Print one object, of the same shape for an edge and for a denial."""
    along: Members = {"places": [], "witnessed": True} if way is None else asdict(way)
    told = {"edges": edges, "sites": sites, "other_sources": others, "way": along, "denials": denials}
    print(json.dumps(told, indent=2))


def _breach_told(row: "Breach", reasons: "Reasons") -> Iterator[str]:
    way = reasons.way(row)
    yield f"{row.id}: {row.kind.name} {row.asset} by {row.service}, at {row.site or 'a call site that is not known'}"
    yield f"  rule {row.requirement}, mode {row.mode.name.lower()}: {row.reason}"
    yield f"  stopped {row.denied} times, let through {row.would_deny} times, last at {row.last_seen[:19]} UTC"
    yield f"  labels held: {' '.join(row.labels) or 'none'}; purposes: {' '.join(row.purposes) or 'none'}"
    for place in sorted({source.asset.uri for flow in row.flows for source in flow.sources if source.opaque}):
        yield f"  what {place} stands for could not be told: all counts that the policy names there"
    if way.places:
        yield f"  how the data came there ({_how(way)}):"
        yield f"    {way.places[0]}"
        yield from (f"      -> {place}" for place in (*way.places[1:], f"{row.asset}  (broke the rule)"))
    yield "  what would allow it:"
    yield from (f"    {line}" for line in row.remedy.rstrip().splitlines())
