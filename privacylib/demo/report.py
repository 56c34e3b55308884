"""The outcome as text for people."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import indent

from privacylib.demo.outcome import EMAIL, Outcome
from privacylib.graph import Breach, Denied, Edge, Way
from privacylib.replay import Replay

__all__ = ["report"]


def report(outcome: Outcome) -> str:
    """Return graph, path, refusals and what a stricter policy would refuse, as text."""
    return "\n".join(
        (
            f"The graph, end to end: {len(outcome.edges)} edges seen in {', '.join(outcome.services)}",
            "",
            *_edges(outcome.edges),
            "From what one wearer asks to what another is answered:",
            "",
            *_path(outcome.path),
            "Where did the users' e-mail addresses end up?",
            "",
            f"  $ privacylib graph downstream '{EMAIL}' --spool {outcome.spool}",
            *(f"  {place}" for place in outcome.email),
            "",
            "Refused, before it happened:",
            "",
            *_denied(outcome.denied),
            "How the data came there (privacylib explain):",
            "",
            *_explained(outcome.explained),
            "What if models were not to learn from what wearers ask (privacylib replay):",
            "",
            *_replayed(outcome.replayed),
        )
    )


def _edges(edges: Sequence[Edge]) -> Iterator[str]:
    width = max(len(edge.sink) for edge in edges)
    for source, rows in _along_the_flow(edges):
        yield f"  {source}"
        for edge in rows:
            told = f"{edge.service} for {edge.purpose}" if edge.purpose else edge.service
            labels = f" [{', '.join(edge.labels)}]" if edge.labels else ""
            yield f"    -> {edge.sink:<{width}}  {edge.evidence.value:<8} {edge.count:>5} x  {told}{labels}"
        yield ""


def _along_the_flow(edges: Sequence[Edge]) -> Iterator[tuple[str, list[Edge]]]:
    """Yield the edges of each source, beginning with what comes from nowhere."""
    after = {source: list(rows) for source, rows in groupby(edges, key=lambda edge: edge.source)}
    filled = {_asset(edge.sink) for edge in edges}
    waiting = [source for source in after if _asset(source) not in filled] + list(after)
    while waiting:
        rows = after.pop(source := waiting.pop(0), [])
        if rows:
            yield source, rows
            waiting[:0] = [kin for edge in rows for kin in (edge.sink, *_kin(edge.sink, after))]


def _kin(place: str, after: Iterable[str]) -> Iterator[str]:
    """Yield the fields of an asset, or the asset of a field."""
    return (other for other in after if _asset(other) == place or other == _asset(place))


def _asset(place: str) -> str:
    return place.partition("#")[0]


def _path(path: Sequence[Edge]) -> Iterator[str]:
    yield f"  {path[0].source}"
    for edge in path:
        yield f"    -> {edge.sink}  ({edge.service}, {edge.evidence.value})"
    yield ""


def _denied(rows: Sequence[Denied]) -> Iterator[str]:
    for row in rows:
        yield f"  {row.service} wanted to {row.kind.name.lower()} {row.asset}"
        yield f"    by {row.requirement}: {row.reason}"
        yield "    the nearest change of the policy that would permit it:"
        yield indent(row.remedy.rstrip(), "      ")
        yield ""


def _explained(rows: Sequence[tuple[Breach, Way]]) -> Iterator[str]:
    for row, way in rows:
        yield f"  {row.id}  {' -> '.join((*way.places, row.asset))}"
    yield ""


def _replayed(found: Replay) -> Iterator[str]:
    yield f"  of {found.operations} operations, {sum(row.count for row in found.denied)} more would be refused"
    for row in found.denied:
        yield f"    {row.service} wanted to {row.kind.name.lower()} {row.asset}, {row.count} x: {row.reason}"
    if found.denied:
        yield "  the nearest change of that policy that would permit it:"
        yield indent(found.denied[0].remedies["nearest"].rstrip(), "    ")
