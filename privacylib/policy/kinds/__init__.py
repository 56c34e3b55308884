"""Kinds of requirements: those that are built in, and those that installed packages bring.

A package adds one under the entry point group ``privacylib.requirements``; the object that the entry
point names is a `Kind`.
"""

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from privacylib.errors import PrivacyError
from privacylib.policy.kinds.destinations import DESTINATIONS
from privacylib.policy.kinds.kind import Broken, Kind, held
from privacylib.policy.kinds.purposes import PURPOSES
from privacylib.policy.kinds.regions import REGIONS
from privacylib.policy.kinds.retention import RETENTION

__all__ = ["BUILT_IN", "GROUP", "Broken", "Kind", "held", "kinds"]

GROUP = "privacylib.requirements"
BUILT_IN = (PURPOSES, REGIONS, RETENTION, DESTINATIONS)


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """Return every kind of requirement, the built-in ones first.

    Raises:
        PrivacyError: An installed package brings a kind that cannot be used. A policy that it was
            meant for would not hold without it.
    """
    found = list(BUILT_IN)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        kind = _loaded(point)
        if kind.key in {one.key for one in found}:
            raise _unusable(point, f"its key {kind.key!r} is another kind's", "uninstall one of the two")
        found.append(kind)
    return tuple(found)


def _loaded(point: EntryPoint) -> Kind:
    try:
        kind = cast("object", point.load())
    except Exception as error:
        raise _unusable(point, f"it cannot be imported: {type(error).__name__}", "repair or uninstall it") from error
    if not isinstance(kind, Kind) or kind.allow is None:
        raise _unusable(point, "it is no Kind with a field for `allow`", "name a privacylib.policy.kinds.Kind there")
    from privacylib.policy.kinds.checking import flaw

    if found := flaw(kind):
        raise _unusable(point, *found)
    return kind


def _unusable(point: EntryPoint, problem: str, remedy: str) -> PrivacyError:
    package = point.dist.name if point.dist else "?"
    return PrivacyError(f"the kind of requirement {point.name!r} of the package {package}: {problem}; {remedy}")
