"""What a write depends on, and how that is known."""

from enum import Enum

from attrs import frozen

from privacylib.model.asset import Asset
from privacylib.model.hashed import Hashed

__all__ = ["Evidence", "Source"]


class Evidence(str, Enum):
    """Say how it is known that a sink depends on a source, strongest first."""

    DECLARED = "declared"
    PARSED = "parsed"
    MATCHED = "matched"
    TRACKED = "tracked"
    CONTEXT = "context"


@frozen
class Source(Hashed):
    """Name one thing that was read, with the labels it had then.

    Args:
        asset: The asset read.
        field: One field of it, or None for all.
        labels: Labels of the data read.
        unknown: Why nothing is known about the data, or None.
        evidence: How an edge from it is known.
        carried: Those of its labels that were brought from elsewhere, and come from no annotation of this process.
        annotated: Whether the policy's annotation adds to them.
        indirect: Whether it only decides: of its annotation counts what a requirement counts there.
        lasting: Whether it is held for no other reason than that the whole process holds what is resident.
        opaque: Whether nobody could tell what was read, so that ``{…}`` in its name may be anything.
        told: Where it stands for what was read of a namespace, because there was too much to name: whether the policy
            annotated all of that. None for any other.
    """

    asset: Asset
    field: str | None = None
    labels: frozenset[str] = frozenset()
    unknown: str | None = None
    evidence: Evidence = Evidence.CONTEXT
    carried: frozenset[str] = frozenset()
    annotated: bool = True
    indirect: bool = False
    lasting: bool = False
    opaque: bool = False
    told: bool | None = None

    def __attrs_post_init__(self) -> None:
        self.keep_hash((self.asset, self.field, self.labels, self.unknown, self.evidence, self.carried))

    __hash__ = Hashed.__hash__

    @property
    def uri(self) -> str:
        """Return the URI with the field."""
        return self.asset.at(self.field)
