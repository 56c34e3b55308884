"""What a job has read, one source for each place: it may have been declared, and read more than once."""

from collections.abc import Iterable
from functools import reduce

from attrs import evolve

from privacylib.model import Source
from privacylib.runtime import merged

__all__ = ["joined", "reasons"]


def joined(read: Iterable[Source]) -> dict[str, Source]:
    """Return for each URI, sorted, one source with all that any read there brought: labels, and why it is unknown.

    Args:
        read: What was read.
    """
    found: dict[str, list[Source]] = {}
    for source in sorted(read, key=lambda source: source.uri):
        found.setdefault(source.uri, []).append(source)
    return {uri: evolve(reduce(merged, same), unknown=reasons(same)) for uri, same in found.items()}


def reasons(read: Iterable[Source]) -> str | None:
    """Return all reasons for which nothing is known about what was read, None where there is none."""
    return ", ".join(sorted({source.unknown for source in read if source.unknown})) or None
