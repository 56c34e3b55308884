"""The lineage graph: what flowed where, end to end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path as FilePath

from attrs import frozen

from privacylib.graph.gathering import EdgeKey, Gathered, gather
from privacylib.graph.places import Places
from privacylib.graph.rows import Denied, Edge, seen
from privacylib.model import Evidence
from privacylib.recorder import Producer, keys_of, producers

__all__ = ["Graph", "Path", "load"]

_STRENGTH = {evidence: rank for rank, evidence in enumerate(Evidence)}


@frozen
class Path:
    """Lead from one asset to another.

    Args:
        steps: One edge after the other; a step may start from a field of the asset the last one ended in, or
            from the asset of its field.
        witnessed: Whether one correlation key supports every step; otherwise the path is only possible.
    """

    steps: tuple[Edge, ...]
    witnessed: bool


class Graph:
    """Answer questions about recorded flows.

    Args:
        found: The producers whose records it is made of.
        evidence: The weakest evidence of the edges that it has.
    """

    def __init__(self, found: Iterable[Producer], evidence: Evidence = Evidence.CONTEXT) -> None:
        self._rows: Gathered = gather(found)
        least, edges = _STRENGTH[evidence], self._rows.edges
        self._rows.edges = {key: tally for key, tally in edges.items() if _STRENGTH[key[2]] <= least}
        self._places = Places()
        self._between: defaultdict[tuple[int, int], list[EdgeKey]] = defaultdict(list)
        for key in self._rows.edges:
            pair = self._places.number(key[0]), self._places.number(key[1])
            if pair not in self._between:
                self._places.join(*pair)
            self._between[pair].append(key)

    @property
    def corrupt(self) -> int:
        """Return how many slots and definitions could not be read."""
        return self._rows.corrupt

    @property
    def undefined(self) -> int:
        """Return how many records belong to a flow whose definition could not be read."""
        return self._rows.undefined

    @property
    def mended(self) -> int:
        """Return how many damaged definitions were mended: they cost nothing, but something damages the spool."""
        return self._rows.mended

    def edges(self) -> list[Edge]:
        """Return all edges, by source and sink."""
        return [self._edge(key) for key in sorted(self._rows.edges, key=_order)]

    def denied(self) -> list[Denied]:
        """Return what was denied, by asset; none of it is in an edge or a path."""
        rows = sorted(
            self._rows.denied.items(), key=lambda row: (row[0][1], row[0][0], row[0][2], row[0][7], row[0][8])
        )
        return [Denied(*key, *seen(tally)) for key, tally in rows]

    def knows(self, asset: str) -> bool:
        """Return whether any edge begins or ends in an asset.

        Args:
            asset: A URI or a glob.
        """
        return self._places.knows(asset)

    def upstream(self, asset: str) -> list[str]:
        """Return every asset and field that data of `asset` can come from.

        Args:
            asset: A URI or a glob; without a field it stands for all fields too.
        """
        return self._places.reached(asset, forward=False)

    def downstream(self, asset: str) -> list[str]:
        """Return every asset and field that data of `asset` can have gone to.

        Args:
            asset: A URI or a glob; without a field it stands for all fields too.
        """
        return self._places.reached(asset, forward=True)

    def path(self, source: str, sink: str) -> Path | None:
        """Return a shortest path, or None where there is none.

        Args:
            source: A URI or a glob.
            sink: A URI or a glob.
        """
        pairs = self._places.shortest(source, sink)
        if not pairs:
            return None
        strongest = (min(self._between[pair], key=lambda key: (_STRENGTH[key[2]], _order(key))) for pair in pairs)
        return Path(tuple(map(self._edge, strongest)), self._witnessed(pairs))

    def _edge(self, key: EdgeKey) -> Edge:
        tally = self._rows.edges[key]
        return Edge(*key, *seen(tally), tuple(sorted(example.hex() for example in tally.keys)), tally.failed)

    def _witnessed(self, pairs: Sequence[tuple[int, int]]) -> bool:
        """Return whether one key is behind every pair; the examples may tell, otherwise the records do."""
        examples = [set[bytes]().union(*(self._rows.edges[key].keys for key in self._between[pair])) for pair in pairs]
        return _have_one_in_common(examples) or _have_one_in_common(self._all_keys(pairs))

    def _all_keys(self, pairs: Sequence[tuple[int, int]]) -> list[set[bytes]]:
        origins = [{origin for key in self._between[pair] for origin in self._rows.origins[key]} for pair in pairs]
        wanted: defaultdict[Producer, set[int]] = defaultdict(set)
        for producer, number in chain.from_iterable(origins):
            wanted[producer].add(number)
        keys = {producer: keys_of(producer, numbers) for producer, numbers in wanted.items()}
        return [set[bytes]().union(*(keys[producer][number] for producer, number in each)) for each in origins]


def load(spools: Sequence[FilePath], evidence: Evidence = Evidence.CONTEXT) -> Graph:
    """Return the graph of all that is in some spool directories, but for edges of weaker evidence."""
    return Graph(chain.from_iterable(map(producers, spools)), evidence)


def _order(key: EdgeKey) -> tuple[str, ...]:
    source, sink, evidence, labels, purpose, service, decision = key
    return source, sink, evidence.value, purpose or "", service, decision.value, *labels


def _have_one_in_common(sets: Sequence[set[bytes]]) -> bool:
    return bool(sets[0].intersection(*sets[1:]))
