"""What the spool knows of where the inputs of a job come from, and which labels came with it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from attrs import field, frozen

from privacylib.labels import uncovered
from privacylib.model import Verdict
from privacylib.runtime import ACTIVE, ways_into

if TYPE_CHECKING:
    from privacylib.graph.gathering import EdgeKey

__all__ = ["Lineage", "Origin", "Step", "lineage"]


class Step(NamedTuple):
    """Say that data flowed from one place to another."""

    source: str
    sink: str
    labels: tuple[str, ...]
    allowed: bool


class Origin(NamedTuple):
    """Name an input, or something that it was made of."""

    uri: str
    labels: frozenset[str]
    """What it holds by the policy of today and can have brought on its way."""
    steps: int = 0
    """How far it is behind the input."""
    nearer: Mapping[str, str] = MappingProxyType({})
    """The next place towards the input for every place behind it."""

    @property
    def way(self) -> tuple[str, ...]:
        """Return the places from there to the input, both included."""
        found = [self.uri]
        while (near := self.nearer.get(found[-1])) is not None:
            found.append(near)
        return tuple(found)


@frozen
class Lineage:
    """Tell what assets were made of.

    A label that was judged when a flow was allowed into an annotated place, and that the annotation does not cover, did
    not arrive there: it was reclassified, or went into other fields. Any other may have come through.

    Args:
        edges: What was recorded.
    """

    edges: Iterable[Step] = ()
    _into: dict[str, list[Step]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        into: defaultdict[str, list[Step]] = defaultdict(list)
        for edge in self.edges:
            into[_asset(edge.sink)].append(edge)
        object.__setattr__(self, "_into", dict(into))

    def behind(self, uri: str) -> Iterator[Origin]:
        """Give what an input was made of, the nearest first."""
        nearer: dict[str, str] = {}
        steps, stopped = {uri: 0}, {uri: frozenset[str]()}
        waiting = deque([uri])
        while waiting:
            near = waiting.popleft()
            for edge in self._into.get(_asset(near), ()):
                if not _meets(edge.sink, near):
                    continue
                stops = stopped[near] | _stopped(edge, near)
                before = stopped.get(edge.source)
                if before is not None and before <= stops:
                    continue
                stopped[edge.source] = stops if before is None else before & stops
                if edge.source not in steps:
                    nearer[edge.source], steps[edge.source] = near, steps[near] + 1
                waiting.append(edge.source)
        for origin in nearer:
            yield Origin(origin, uncovered(_annotated(origin) or (), stopped[origin]), steps[origin], nearer)

    def ways(self, labels: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
        """Return for each label the longest way that leads from an asset with it to an input.

        What a model that was loaded is made of stands in its manifest, whoever trained it.

        Args:
            labels: Of the inputs, by their URIs.
        """
        found: dict[str, tuple[str, ...]] = {}
        for uri, held in labels.items():
            before = {label: (*way, uri) for label, way in ways_into(_asset(uri)).items() if label in held}
            farthest: dict[str, Origin] = {}
            for origin in (Origin(uri, held), *self.behind(uri)):
                for label in held & origin.labels:
                    if label not in farthest or origin.steps > farthest[label].steps:
                        farthest[label] = origin
            for label, way in (*((label, origin.way) for label, origin in farthest.items()), *before.items()):
                if len(way) > len(found.get(label, ())):
                    found[label] = way
        return found


def lineage() -> Lineage:
    """Return what the spool of this process holds by now, other processes' records included.

    It is read as a whole, which the spool's cap bounds; what is kept of it is one step for each distinct flow.
    """
    snapshot = ACTIVE.snapshot
    if snapshot is None or snapshot.spool is None or not snapshot.spool.is_dir():
        return Lineage()
    from privacylib.graph.gathering import gather
    from privacylib.recorder import producers

    return Lineage(sorted(set(map(_step, gather(producers(snapshot.spool)).edges))))


def _step(edge: "EdgeKey") -> Step:
    source, sink, _, labels, _, _, verdict = edge
    return Step(source, sink, labels, verdict is Verdict.ALLOW)


def _stopped(edge: Step, near: str) -> frozenset[str]:
    """Return which labels cannot have come through an edge into a place."""
    annotated = _annotated(near)
    if not edge.allowed or annotated is None:
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
