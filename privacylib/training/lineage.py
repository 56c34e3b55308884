"""What the spool knows of where the inputs of a job come from, and which labels came with it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from attrs import field, frozen

from privacylib.labels import uncovered
from privacylib.model import Verdict
from privacylib.runtime import ACTIVE

if TYPE_CHECKING:
    from privacylib.graph import Edge

__all__ = ["Lineage", "Origin", "lineage"]

FARTHEST = 10_000
"""Assets and fields behind an input that are looked at."""


class Origin(NamedTuple):
    """Name something that an input was made of."""

    uri: str
    way: tuple[str, ...]
    """From there to the input, both included."""
    labels: frozenset[str]
    """What it holds by the policy of today and can have brought on that way."""


@frozen
class Lineage:
    """Tell what assets were made of.

    A label that was judged when a flow was allowed into an annotated place, and that the annotation does not cover, did
    not arrive there: it was reclassified, or went into other fields. Any other may have come through.

    Args:
        edges: What was recorded.
    """

    edges: "Iterable[Edge]" = ()
    _into: "dict[str, list[Edge]]" = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        into: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            into[_asset(edge.sink)].append(edge)
        object.__setattr__(self, "_into", dict(into))

    def behind(self, uri: str) -> Iterator[Origin]:
        """Give what an input was made of, the nearest first."""
        ways: dict[str, tuple[str, ...]] = {uri: (uri,)}
        stopped = {uri: frozenset[str]()}
        waiting = deque([uri])
        while waiting and len(ways) < FARTHEST:
            near = waiting.popleft()
            for edge in self._into.get(_asset(near), ()):
                if not _meets(edge.sink, near):
                    continue
                stops = stopped[near] | _stopped(edge, near)
                before = stopped.get(edge.source)
                if before is not None and before <= stops:
                    continue
                stopped[edge.source] = stops if before is None else before & stops
                ways.setdefault(edge.source, (edge.source, *ways[near]))
                waiting.append(edge.source)
        for origin, way in ways.items():
            if origin != uri:
                labels = uncovered(_annotated(origin) or (), stopped[origin])
                yield Origin(origin, way, labels)

    def ways(self, labels: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
        """Return for each label the longest way that leads from an asset with it to an input.

        Args:
            labels: Of the inputs, by their URIs.
        """
        found: dict[str, tuple[str, ...]] = {}
        for uri, held in labels.items():
            for origin in (Origin(uri, (uri,), held), *self.behind(uri)):
                for label in held & origin.labels:
                    if len(origin.way) > len(found.get(label, ())):
                        found[label] = origin.way
        return found


def lineage() -> Lineage:
    """Return what the spool of this process holds by now, other processes' records included."""
    snapshot = ACTIVE.snapshot
    if snapshot is None or snapshot.spool is None or not snapshot.spool.is_dir():
        return Lineage()
    from privacylib.graph import load

    return Lineage(load([snapshot.spool]).edges())


def _stopped(edge: "Edge", near: str) -> frozenset[str]:
    """Return which labels cannot have come through an edge into a place."""
    annotated = _annotated(near)
    if edge.decision is not Verdict.ALLOW or annotated is None:
        return frozenset()
    return uncovered(edge.labels, annotated)


def _annotated(uri: str) -> frozenset[str] | None:
    snapshot, (asset, _, name) = ACTIVE.snapshot, uri.partition("#")
    return None if snapshot is None else snapshot.engine.annotation(asset).of((name,) if name else ())


def _asset(uri: str) -> str:
    return uri.partition("#")[0]


def _meets(one: str, other: str) -> bool:
    """Return whether two places of one asset have something in common: two different fields have not."""
    return one == other or "#" not in one or "#" not in other
