"""The question that a decision answers."""

from typing import Any

from attrs import frozen

from privacylib.model import NO_ZONE, Zone

__all__ = ["Question"]


@frozen(cache_hash=True)
class Question:
    """Ask whether data may flow.

    Args:
        reading: Whether data enters the work; otherwise it leaves it towards a sink.
        asset: URI of the source or sink, without a field.
        labels: Labels of the data, after reclassification.
        zone: The zones around the work.
        unknown: Why nothing is known about the data, or None.
        accepts: For a sink one label set for each field touched; None when it is not annotated.
        judges: Whether the sink carries our context and judges for itself.
        region: Region of the sink, or None where nothing names one.
        retention: How long the sink keeps data (``30d``), or None where nothing says so.
        stated: What the policy states of the asset under keys of further kinds, by key.
    """

    reading: bool
    asset: str
    labels: frozenset[str]
    zone: Zone = NO_ZONE
    unknown: str | None = None
    accepts: tuple[frozenset[str], ...] | None = None
    judges: bool = False
    region: str | None = None
    retention: str | None = None
    stated: tuple[tuple[str, Any], ...] = ()

    def says(self, key: str) -> Any:
        """Return what the policy states of the asset under a key of a further kind, or None."""
        return next((value for name, value in self.stated if name == key), None)
