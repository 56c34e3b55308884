"""What nobody can tell of an operation may be on anything that the policy names there."""

from collections.abc import Iterable, Iterator

from attrs import evolve

from privacylib.labels import join
from privacylib.model.policy import Annotated
from privacylib.naming import Glob, escaped

__all__ = ["ANYTHING", "beneath"]

ANYTHING = "{…}"
"""What stands in a name for a part that nobody can tell."""
_ELSE = "\0"
"""A part that no pattern spells."""


def beneath(uri: str, entries: Iterable[Annotated]) -> frozenset[str] | None:
    """Return the labels of all that may stand under a name in which `ANYTHING` does; None where nothing is annotated.

    Args:
        uri: The name. An entry that spells it, and is the first to match it, is the annotation of just this: it
            counts alone.
        entries: The policy's, from the top.
    """
    labelled = [entry for entry in entries if entry.labels is not None or entry.fields is not None]
    first = next((entry for entry in labelled if Glob(entry.match).matches(uri)), None)
    if first is not None and not Glob(first.match).matches(uri.replace(ANYTHING, _ELSE)):
        return _labels(first)
    found = [_labels(entry) for entry in _reachable(escaped(uri).replace(ANYTHING, "**"), labelled)]
    return join(*found) if found else None


def _reachable(place: str, entries: Iterable[Annotated]) -> Iterator[Annotated]:
    """Yield, key by key, what entries say first of something that a pattern matches, as far as that is plain to see."""
    wanted = {"labels", "fields"}
    for entry in entries:
        glob, told = Glob(entry.match), {key for key in wanted if getattr(entry, key) is not None}
        if told and glob.meets(place):
            yield evolve(entry, **dict.fromkeys({"labels", "fields"} - told))
            if glob.covers(place):
                wanted -= told


def _labels(entry: Annotated) -> frozenset[str]:
    return join(entry.labels or frozenset(), *(entry.fields or {}).values())
