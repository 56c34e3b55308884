"""Libraries that are seen without a change of code: one file each, a table and pure functions.

Every module here holds an ``INTEGRATION``. A package adds one of its own under the entry point group
``privacylib.integrations``; the object that the entry point names is an `Integration` of the same name. Where all are
asked for, each of ours is imported with the first module that it patches; ``modules.txt`` names it, and is generated.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import cast

from privacylib.context import UNSEEN, Stage
from privacylib.errors import PrivacyError
from privacylib.instrumentation import patching
from privacylib.instrumentation.importing import when_imported
from privacylib.instrumentation.table import Integration

__all__ = ["GROUP", "MODULES", "install", "integrations", "modules", "names", "own", "prepared"]

GROUP = "privacylib.integrations"
MODULES = Path(__file__).with_name("modules.txt")
"""A line for each integration of ours: its name, and the modules that it patches."""


def own() -> frozenset[str]:
    """Return the names of the integrations that privacylib itself has, without importing them."""
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


def names() -> frozenset[str]:
    """Return the names of all integrations, without importing them."""
    return own().union(_others())


def integrations(chosen: frozenset[str] | None = None) -> list[Integration]:
    """Return the tables of some integrations and of those that they need, or of all, in order of their names.

    Args:
        chosen: Names; None for all.

    Raises:
        PrivacyError: A name is not known, or what an installed package brings cannot be used; what it was to
            guard would run unseen.
    """
    ours, others = own(), _others()
    known = ours.union(others)
    if wrong := sorted((chosen or frozenset()) - known):
        raise PrivacyError(f"there is no integration {wrong[0]!r} to instrument; there are {', '.join(sorted(known))}")
    waiting, found = set(known if chosen is None else chosen), dict[str, Integration]()
    while waiting:
        name = waiting.pop()
        found[name] = table = _brought(others[name], ours) if name in others else _own(name)
        waiting.update(set(table.needs) - found.keys())
    return [found[name] for name in sorted(found)]


def install(chosen: frozenset[str] | None = None) -> None:
    """Patch libraries, now or when they are imported; doing so again changes nothing.

    Args:
        chosen: Names of integrations; None for all.

    Raises:
        PrivacyError: As `integrations`.
    """
    prepared(chosen)()


def prepared(chosen: frozenset[str] | None) -> Callable[[], None]:
    """Return what does what `install` does; whatever is wrong is raised now.

    Args:
        chosen: Names of integrations; None for all.

    Raises:
        PrivacyError: As `integrations`.
    """
    if chosen is not None:
        return functools.partial(patching.install, integrations(chosen))
    ours = own()
    return functools.partial(_install_all, [_brought(point, ours) for point in _others().values()])


def _install_all(brought: Iterable[Integration]) -> None:
    patching.install(brought)
    with Stage(UNSEEN):  # files may be patched already
        lines = MODULES.read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, *places = line.split()
        for place in places:
            when_imported(place, functools.partial(_install_own, name))


def _install_own(name: str, _module: ModuleType) -> None:
    with Stage(UNSEEN):
        table = _own(name)
    patching.install((table,))


def modules() -> Iterator[str]:
    """Yield the lines of `MODULES`, as the tables have it."""
    for name in sorted(own()):
        yield " ".join((name, *sorted({patch.module for patch in _own(name).patches})))


def _own(name: str) -> Integration:
    return importlib.import_module(f"{__name__}.{name}").INTEGRATION


def _others() -> dict[str, metadata.EntryPoint]:
    """Return what installed packages bring, by name."""
    with Stage(UNSEEN):  # files may be patched already
        return {point.name: point for point in metadata.entry_points(group=GROUP)}


def _brought(point: metadata.EntryPoint, ours: frozenset[str]) -> Integration:
    if point.name in ours:
        raise _unusable(point, "privacylib has one of that name", "uninstall the package, or let it choose another")
    try:
        table = cast("object", point.load())
    except Exception as error:
        raise _unusable(point, f"it cannot be imported: {type(error).__name__}", "repair or uninstall it") from error
    if not isinstance(table, Integration) or table.name != point.name:
        raise _unusable(point, "it is no Integration of that name", "name a privacylib Integration there")
    return table


def _unusable(point: metadata.EntryPoint, problem: str, remedy: str) -> PrivacyError:
    package = point.dist.name if point.dist else "?"
    return PrivacyError(f"the integration {point.name!r} of the package {package}: {problem}; {remedy}")
