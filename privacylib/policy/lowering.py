"""Reclassification: which declared lowering of labels counts, and what it does to a flow."""

import datetime
from collections.abc import Iterable

from attrs import frozen

from privacylib.labels import covers
from privacylib.model.policy import Reclassification
from privacylib.naming import Glob

__all__ = ["Lowering", "in_force"]


@frozen
class Lowering:
    """A reclassification that counts: labels at or beneath `lowered` become `to` on the way to `sink`."""

    lowered: frozenset[str]
    to: frozenset[str]
    sink: str

    def apply(self, labels: frozenset[str], sink: str) -> frozenset[str]:
        """Return what `labels` are on the way to `sink`."""
        if not Glob(self.sink).matches(sink):
            return labels
        gone = frozenset(label for label in labels if any(covers(upper, label) for upper in self.lowered))
        return (labels - gone) | self.to if gone else labels


def in_force(
    declared: Reclassification, reviewed: Iterable[Reclassification] | None, today: datetime.date
) -> Lowering | str:
    """Return what a declared reclassification does, or why it is void.

    Args:
        declared: What the code declares.
        reviewed: The entries of the policy where they alone count, else None.
        today: The day on which it is judged, in UTC.
    """
    if declared.expires < today:
        return f"expired on {declared.expires}"
    if reviewed is not None and not any(_covers(entry, declared) for entry in reviewed if entry.expires >= today):
        return "not in the reviewed policy, which alone counts under enforce"
    return Lowering(declared.from_, declared.to, declared.sink)


def _covers(entry: Reclassification, declared: Reclassification) -> bool:
    """Return whether a reviewed entry lowers at least as much, by the same transform, on the way to the same sink."""
    return (
        entry.from_ >= declared.from_
        and entry.to <= declared.to
        and entry.transform == declared.transform
        and Glob(entry.sink).matches(declared.sink)
    )
