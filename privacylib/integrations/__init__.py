"""Libraries that are seen without a change of code: one file each, a table and pure functions.

Every module here holds an ``INTEGRATION``; there is no other list.
"""

import importlib
import pkgutil

from privacylib.errors import PrivacyError
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Integration

__all__ = ["install", "integrations", "names"]


def names() -> frozenset[str]:
    """Return the names of all integrations, without importing them."""
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


def integrations(chosen: frozenset[str] | None = None) -> list[Integration]:
    """Return the tables of some integrations and of those that they need, or of all, in order of their names.

    Args:
        chosen: Names; None for all.

    Raises:
        PrivacyError: A name is not known; what it was to guard would run unseen.
    """
    known = names()
    if wrong := sorted((chosen or frozenset()) - known):
        raise PrivacyError(f"there is no integration {wrong[0]!r} to instrument; there are {', '.join(sorted(known))}")
    waiting, found = set(known if chosen is None else chosen), dict[str, Integration]()
    while waiting:
        name = waiting.pop()
        found[name] = table = importlib.import_module(f"{__name__}.{name}").INTEGRATION
        waiting.update(set(table.needs) - found.keys())
    return [found[name] for name in sorted(found)]


def install(chosen: frozenset[str] | None = None) -> None:
    """Patch libraries, now or when they are imported; doing so again changes nothing.

    Args:
        chosen: Names of integrations; None for all.

    Raises:
        PrivacyError: A name is not known.
    """
    patching.install(integrations(chosen))
