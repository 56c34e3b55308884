"""Put patches in place when their modules are there, and take them out again.

Functions and methods are replaced where they stand. A class of the interpreter cannot be changed;
its patches go into a subclass, `patched_class`, that an integration hands in where the library asks
for a class (`sqlite3.connect(factory=…)`).
"""

import functools
import inspect
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from types import FunctionType, ModuleType
from typing import Any

from attrs import evolve

from privacylib.context import UNSEEN, Stage
from privacylib.instrumentation.calling import around
from privacylib.instrumentation.facts import always
from privacylib.instrumentation.importing import forget, when_imported
from privacylib.instrumentation.pinning import unnamed
from privacylib.instrumentation.subclasses import subclass
from privacylib.instrumentation.table import Integration, Patch, Replacement, Subclass, Target

__all__ = [
    "applies", "connecting", "covered", "install", "miss", "on_change", "patched_class", "remove", "uncovered",
    "uninstall",
]  # fmt: skip

_MISSING: Any = object()
_lock = threading.RLock()
_seen: set[str] = set()
_placed: list[tuple[Any, str, Any, Any]] = []
_replaced: list[Any] = []
"""Functions of modules that were replaced, until it is known who else holds them."""
_versions: dict[str, str] = {}
"""Those of distributions that are here, as looking one up reads a file."""
_methods: dict[type, dict[str, Target]] = {}
_classes: dict[type, type] = {}
covered: dict[str, str] = {}
"""Targets that are seen, and the library that each belongs to, with its version where that is known."""
uncovered: dict[str, str] = {}
"""Targets that are not seen, and why."""
_listeners: list[Callable[[], None]] = []
_moved: dict[str, str] = {}
"""Integrations of which something is not where it should be, and why."""
_connects: dict[str, str] = {}
"""Packages that open connections for an integration that is in place, which is the value."""

_log = logging.getLogger("privacylib")


def install(integrations: Iterable[Integration]) -> None:
    """Patch what integrations name, now or when it is imported; doing so again changes nothing.

    Args:
        integrations: The tables.
    """
    modules: dict[str, None] = {}
    for integration in integrations:
        for patch in integration.patches:
            with _lock:
                if patch.target in _seen or not patch.applies:
                    continue
                _seen.add(patch.target)
            modules[patch.module] = None
            when_imported(patch.module, functools.partial(_place, integration, patch))
    for module in modules:  # after the last patch of each, be it now or when it is imported
        when_imported(module, _look_around)


def applies(integration: Integration, patch: Target) -> bool:
    """Return whether the versions of Python and of the library that are here can have a target."""
    return patch.applies and (not any(patch.versions) or _within(_version(integration), patch.versions))


def connecting() -> Mapping[str, str]:
    """Return the packages over whose connections nothing goes but what patches see, with the integrations' names."""
    return _connects


def on_change(tell: Callable[[], None]) -> None:
    """Call a function from now on whenever `covered` or `uncovered` has changed; what it raises is swallowed."""
    _listeners[:] = [tell]


def miss(target: str, why: str) -> None:
    """Note that something is not seen that no integration has a patch for."""
    uncovered[target] = why
    for tell in _listeners:
        tell()


def remove(integration: Integration) -> None:
    """Put the identical originals of one integration back, as `uninstall` does for all."""
    with _lock:
        for patch in integration.patches:
            _seen.discard(patch.target)
            for known in (covered, uncovered):
                known.pop(patch.target, None)
            owner, name = _place_of(patch, sys.modules.get(patch.module))
            for placed in [one for one in _placed if one[0] is owner and one[1] == name]:
                _placed.remove(placed)
                _put_back(*placed)
            if isinstance(owner, type) and _methods.get(owner, {}).pop(name, None) is not None:
                _classes.clear()


def _put_back(owner: Any, name: str, original: Any, ours: Any) -> None:
    if _own(owner, name) is not ours:
        return
    if original is _MISSING:
        delattr(owner, name)
    else:
        setattr(owner, name, original)


def uninstall() -> None:
    """Put the identical originals back, where nobody has patched over ours since."""
    with _lock:
        forget()
        for placed in reversed(_placed):
            _put_back(*placed)
        for known in (
            _seen, _placed, _replaced, _versions, _methods, _classes, covered, uncovered, _listeners, _moved, _connects,
        ):  # fmt: skip
            known.clear()


def patched_class(base: type, *, stands: bool = False) -> type:
    """Return the subclass that has the patches of a class of the interpreter; the class itself without any.

    Args:
        base: The class, or one that a host derived from it. What the host overrides is covered too,
            but for patches that pin arguments, which an override may not have.
        stands: Whether it stands in the place of the class.
    """
    found = _classes.get(base)
    if found is not None:
        return found
    if set(_classes.values()).isdisjoint(base.__mro__):  # what is derived from such a subclass has its patches
        methods: dict[str, Any] = {}
        for ancestor in reversed(base.__mro__):
            for name, patch in _methods.get(ancestor, {}).items():
                method = inspect.getattr_static(base, name)
                if method is vars(ancestor)[name]:
                    methods[name] = around(method, patch)
                elif _fits_others(patch):
                    methods[name] = around(method, _for_another(patch))
        if not methods:
            return base
        _classes[base] = subclass(base, methods, stands=stands)
    return _classes.get(base, base)


def _fits_others(patch: Target) -> bool:
    """Return whether a patch may stand around another function than the one it was written for."""
    return not isinstance(patch, Replacement) and not (isinstance(patch, Patch) and patch.pins)


def _for_another(patch: Target) -> Target:
    """Return a patch for another function, which may take what the one that it was written for refuses."""
    return evolve(patch, takes=always) if isinstance(patch, Patch) else patch


def _place(integration: Integration, patch: Target, module: ModuleType) -> None:
    if patch.target not in _seen or not applies(integration, patch):  # it may have been removed meanwhile
        return
    _replace(integration, patch, module)
    if patch.target not in uncovered:
        covered[patch.target] = f"{integration.name} {_version(integration) or ''}".rstrip()
        if integration.name not in _moved:
            _connects.update(dict.fromkeys(integration.connects, integration.name))
    elif integration.name not in _moved:
        _tell_moved(integration, patch.target)


def _tell_moved(integration: Integration, target: str) -> None:
    """Say loudly that a library is not what its integration knows: what it does goes unseen."""
    why = _moved[integration.name] = uncovered[target]
    for package in [package for package, name in _connects.items() if name == integration.name]:
        del _connects[package]
    _log.warning(
        "UNCOVERED %s: %s is %s; what goes through it is not seen. `privacylib doctor` lists what is not covered",
        f"{integration.name} {_version(integration) or ''}".rstrip(), target, why,
    )  # fmt: skip


def _replace(integration: Integration, patch: Target, module: ModuleType) -> None:
    wrong = _unsupported(integration)
    owner, name = _place_of(patch, module)
    original = inspect.getattr_static(owner, name, _MISSING)
    if wrong or original is _MISSING:
        uncovered[patch.target] = wrong or "not there"
        return
    with _lock:
        function = _unbound(original) if isinstance(owner, type) else original
        theirs, ours = _known(original) or (original, _ours(original, function, patch))
        before = _own(owner, name)
        try:
            setattr(owner, name, ours)
        except TypeError:
            _methods.setdefault(owner, {})[name] = patch
            return
        uncovered.pop(patch.target, None)  # another of its names was patched before it
        _placed.append((owner, name, theirs if before is ours else before, ours))
        if isinstance(patch, Patch) and not patch.parameters and (lost := unnamed(function, patch.pins)):
            uncovered[patch.target] = f"replaced by a function that names no {lost[0]}"
        if owner is module:
            _replaced.append(theirs)


def _ours(original: Any, function: Any, patch: Target) -> Any:
    return patched_class(original, stands=True) if isinstance(patch, Subclass) else around(function, patch)


def _place_of(patch: Target, module: ModuleType | None) -> tuple[Any, str]:
    """Return what holds a target, and the target's name there."""
    owner: Any = module
    *path, name = patch.target.partition(":")[2].split(".")
    for step in path:
        owner = getattr(owner, step, None)
    return owner, name


def _unbound(original: Any) -> Any:
    """Return a method as a function, where somebody wrapped it in an object that wants to be bound."""
    kind, wrapped = original.__class__, getattr(original, "__wrapped__", None)
    if wrapped is None or type(original) is FunctionType or issubclass(kind, (staticmethod, classmethod)):
        return original

    def bind(holder: Any) -> Any:
        return original.__get__(holder, type(holder))

    if inspect.iscoroutinefunction(wrapped):

        async def later(holder: Any, /, *args: Any, **kwargs: Any) -> Any:
            return await bind(holder)(*args, **kwargs)

        return functools.wraps(wrapped)(later)

    def at_once(holder: Any, /, *args: Any, **kwargs: Any) -> Any:
        return bind(holder)(*args, **kwargs)

    return functools.wraps(wrapped)(at_once)


def _known(original: Any) -> tuple[Any, Any] | None:
    """Return a function that is patched already under another name, and what stands in its place."""
    return next(((theirs, mine) for _, _, theirs, mine in _placed if original in (theirs, mine)), None)


def _look_around(_module: ModuleType) -> None:
    """Note who else holds functions that were replaced, all at once as there are many modules, and tell of changes."""
    with _lock:
        functions = {id(each): each for each in _replaced}
        _replaced.clear()
        if functions:
            uncovered.update(dict.fromkeys(_aliases(functions), "imported before it was patched"))
    for tell in _listeners:
        tell()


def _aliases(functions: Mapping[int, Any]) -> Iterator[str]:
    """Yield where others than the standard library hold a function itself, which nobody sees there."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in sys.stdlib_module_names:
            held = list(getattr(module, "__dict__", {}).items())
            found = (alias for alias, value in held if id(value) in functions and not _is_made_there(value, name))
            yield from (f"{name}:{alias}" for alias in found)


def _is_made_there(value: Any, module: str) -> bool:
    """Return whether a class is one of the interpreter that stays where it was made: a table says where it is found."""
    return isinstance(value, type) and value.__module__ == module


def _own(owner: Any, name: str) -> Any:
    """Return an attribute of the owner itself, as it stands there."""
    return owner.__dict__.get(name, _MISSING)


def _unsupported(integration: Integration) -> str:
    """Return why the installed version is not supported; empty where it is."""
    version = _version(integration)
    return "" if _within(version, integration.versions) else f"version {version}"


def _within(version: str | None, versions: tuple[str, str]) -> bool:
    """Return whether a version lies in a range; one that is not known does."""
    if version is None:
        return True  # of the standard library, vendored, or on the path by hand: the target itself decides
    low, high = (_numbers(text) for text in versions)
    known = _numbers(version)
    return known >= low and not (high and known >= high)


def _version(integration: Integration) -> str | None:
    """Return the installed version of what brings a library, where that is known."""
    name = integration.distribution
    if name is not None and name not in _versions:
        with Stage(UNSEEN), suppress(metadata.PackageNotFoundError):  # files may be patched already
            _versions[name] = metadata.version(name)
    return None if name is None else _versions.get(name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
