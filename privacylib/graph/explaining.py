"""Why an edge exists, and how the data of a flow that broke a rule came to be there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path as FilePath

from attrs import frozen

from privacylib.graph.breaches import Breach, breaches
from privacylib.graph.graph import Graph, Path
from privacylib.graph.rows import Edge
from privacylib.model import Flow, Kind
from privacylib.recorder import Producer, producers, tallies

__all__ = ["Explained", "Reasons", "Way"]

_ORIGINS = 64
"""Origins that are tried for a shortest way."""


@frozen
class Way:
    """Lead from where data came from to the source that was read last.

    Args:
        places: URIs, from the origin on.
        witnessed: Whether one correlation key supports every step.
    """

    places: tuple[str, ...]
    witnessed: bool


@frozen
class Explained:
    """Explain an edge, or the edges of a way.

    Args:
        rows: Their rows: one for each evidence, purpose, service and decision.
        sites: Call sites of the writes behind them, sorted.
        others: How many other sources the same writes depend on.
        way: From the source to the sink; of an edge these two alone.
    """

    rows: tuple[Edge, ...]
    sites: tuple[str, ...]
    others: int
    way: Way


class Reasons:
    """Answer why, from some spools.

    Args:
        spools: Their directories.
    """

    def __init__(self, spools: Iterable[FilePath]) -> None:
        self._producers: list[Producer] = list(chain.from_iterable(map(producers, spools)))
        self._graph = Graph(self._producers)
        self._labels: defaultdict[str, set[str]] = defaultdict(set)
        for edge in self._graph.edges():
            self._labels[edge.source].update(edge.labels)

    def breaches(self, name: str) -> list[Breach]:
        """Return what broke a rule: under an id, or on an asset.

        Args:
            name: An id as `privacylib doctor` prints it, or the URI of an asset.
        """
        found = breaches((producer, tallies(producer)) for producer in self._producers)
        return [row for row in found if name in (row.id, row.asset)]

    def edge(self, source: str, sink: str) -> Explained | None:
        """Return what is known about an edge; None where there is none.

        Args:
            source: URI of an asset or field; an asset stands for its fields too.
            sink: Likewise.
        """
        rows = [edge for edge in self._graph.edges() if _is(edge.source, source) and _is(edge.sink, sink)]
        if not rows:
            return None
        flows = [flow for flow in self._flows() if _fills(flow, sink) and any(_is(s.uri, source) for s in flow.sources)]
        others = {each.uri for flow in flows for each in flow.sources if not _is(each.uri, source)}
        sites = tuple(sorted({flow.site for flow in flows if flow.site}))
        return Explained(tuple(rows), sites, len(others), Way((source, sink), witnessed=True))

    def between(self, source: str, sink: str) -> Explained | None:
        """Return what is known about the edges of a shortest way; None where there is none.

        Args:
            source: As for `edge`.
            sink: Likewise.
        """
        path = self._graph.path(source, sink)
        if path is None:
            return None
        steps = [step for each in path.steps if (step := self.edge(each.source, each.sink))]
        sites = sorted({site for step in steps for site in step.sites})
        rows = tuple(chain.from_iterable(step.rows for step in steps))
        return Explained(rows, tuple(sites), sum(step.others for step in steps), _way(path))

    def way(self, breach: Breach) -> Way:
        """Return a shortest way on which the labels of a breach came to the source that was read last.

        Of a read that broke a rule it is the way to what lies before its asset.
        """
        labels = set(breach.labels)
        if breach.kind is Kind.READ:
            way = self._way_to(breach.asset, labels)
            return Way(way.places[:-1], way.witnessed)
        read = [source for flow in breach.flows for source in flow.sources if not labels or source.labels & labels]
        ways = [self._way_to(uri, labels) for uri in dict.fromkeys(source.uri for source in read)]
        return max(ways, key=lambda way: (len(way.places) > 1, -len(way.places)), default=Way((), witnessed=True))

    def _way_to(self, source: str, labels: set[str]) -> Way:
        """Return a shortest way from an origin: a place where the labels begin, since nothing leads there."""
        before = self._graph.upstream(source)
        origins = [place for place in before if self._labels[place] & labels and not self._graph.upstream(place)]
        paths = [path for place in origins[:_ORIGINS] if (path := self._graph.path(place, source))]
        if not paths:
            return Way((source,), witnessed=True)
        return _way(min(paths, key=lambda path: len(path.steps)))

    def _flows(self) -> Sequence[Flow]:
        return [flow for producer in self._producers for flow in producer.flows.values()]


def _way(path: Path) -> Way:
    return Way((path.steps[0].source, *(step.sink for step in path.steps)), path.witnessed)


def _is(place: str, asked: str) -> bool:
    """Return whether a place is what was asked for, or a field of it."""
    return place == asked or place.startswith(f"{asked}#")


def _fills(flow: Flow, sink: str) -> bool:
    return bool(flow.sources) and flow.asset.uri == sink.partition("#")[0]
