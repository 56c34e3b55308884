"""Where data came from before it came here: told to whoever is refused because of it."""

from collections.abc import Mapping

from privacylib.context import SourceSet
from privacylib.labels import covers
from privacylib.model import Decision

__all__ = ["explained", "remember", "ways_into"]

KEPT = 1024
"""Assets whose ways are kept; the oldest goes first."""

_ways: dict[str, Mapping[str, tuple[str, ...]]] = {}


def remember(asset: str, ways: Mapping[str, tuple[str, ...]]) -> None:
    """Remember for the labels of an asset that was loaded on which way each came into it."""
    _ways.pop(asset, None)
    while len(_ways) >= KEPT:
        del _ways[next(iter(_ways))]
    _ways[asset] = dict(ways)


def ways_into(asset: str) -> Mapping[str, tuple[str, ...]]:
    """Return what was remembered of an asset; nothing where it was not loaded."""
    return _ways.get(asset, {})


def explained(decision: Decision, sources: SourceSet) -> Decision:
    """Return a decision that names, where it refuses, the way on which the data came to what was loaded."""
    if decision.allowed or not _ways:
        return decision
    told = [
        f"{label} came by {' -> '.join((*way, source.asset.uri))}"
        for source in sources.members
        for label, way in sorted(ways_into(source.asset.uri).items())
        if any(covers(label, held) or covers(held, label) for held in source.labels)
    ]
    return decision.saying("; ".join(told))
