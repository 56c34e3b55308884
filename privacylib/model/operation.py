"""Operations: what is done to one asset."""

from enum import IntEnum

from attrs import frozen

from privacylib.model.asset import Asset

__all__ = ["Kind", "Operation", "Part"]


class Kind(IntEnum):
    """Say what an operation does. The numbers are part of the spool format."""

    READ = 1
    WRITE = 2
    CALL = 3
    SERVE = 4
    OPAQUE = 5


@frozen(cache_hash=True)
class Part:
    """Name one field that something depends on.

    Args:
        asset: Its asset.
        field: The field; empty for all of it.
        indirect: Whether it only decides (a condition, a grouping, an order), and no value is made of it. It counts
            for the requirements that say so.
    """

    asset: Asset
    field: str = ""
    indirect: bool = False


@frozen(cache_hash=True)
class Operation:
    """Describe one operation; equal descriptions share everything that is cached for them.

    Args:
        kind: What is done.
        asset: To which asset.
        fields: Fields named by the caller; none means all of them.
        derived_from: Assets that the code declares as the only sources of a write.
        site: Call site as ``module:qualname``; never a path of the machine.
        parsed: Whether a parser, not the code, said so.
        parts: For a read the fields that only decide; for a write the fields of its sources, where they are known.
        inside: Whether a write depends on nothing but its sources: the data stays inside a store.
        why: For what is opaque why it cannot be told.
    """

    kind: Kind
    asset: Asset
    fields: tuple[str, ...] = ()
    derived_from: tuple[Asset, ...] | None = None
    site: str = ""
    parsed: bool = False
    parts: tuple[Part, ...] = ()
    inside: bool = False
    why: str = ""

    @property
    def alone(self) -> bool:
        """Return whether it is a read that takes in nothing but what decides on it."""
        return self.kind is Kind.READ and bool(self.parts) and not self.fields
