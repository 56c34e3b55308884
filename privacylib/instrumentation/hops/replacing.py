"""Replace an attribute of a class or module, and put the identical original back."""

import functools
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from privacylib.context import get_frame, set_frame

__all__ = ["Makes", "Replacement", "pythons_own", "replacements", "without_frame"]

Makes = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Takes a function and returns what stands in its place."""


class Replacement:
    """One attribute of a class or module that is replaced while the hop is installed.

    Args:
        owner: The class or module. An attribute that a class inherits is replaced where it stands: a library such as
            gevent puts subclasses in the place of Python's classes.
        name: Name of the attribute.
        makes: Returns the replacement; signature, name and documentation stay those of the original.
    """

    __slots__ = ("_makes", "_name", "_original", "_owner", "_replacement")

    def __init__(self, owner: Any, name: str, makes: Makes) -> None:
        self._owner: Any = next((each for each in getattr(owner, "__mro__", ()) if name in vars(each)), owner)
        self._name = name
        self._makes = makes
        self._original: Callable[..., Any] | None = None
        self._replacement: Callable[..., Any] | None = None

    @property
    def target(self) -> str:
        """Return what is replaced, as ``module:Class.attribute``."""
        path = f"{self._owner.__qualname__}.{self._name}" if isinstance(self._owner, type) else self._name
        return f"{getattr(self._owner, '__module__', self._owner.__name__)}:{path}"

    def install(self) -> None:
        """Put the replacement in place; doing so again changes nothing.

        Raises:
            KeyError: There is no such attribute.
            TypeError: The class cannot be changed.
        """
        if self._replacement is None:
            original: Callable[..., Any] = self._owner.__dict__[self._name]
            replacement = functools.wraps(original)(self._makes(original))
            setattr(self._owner, self._name, replacement)
            self._original, self._replacement = original, replacement

    def moved(self) -> tuple[Any, Any]:
        """Return the owner, and the class that stands in its place in its module now."""
        owner = self._owner
        if not isinstance(owner, type):
            return owner, owner
        now = getattr(sys.modules.get(owner.__module__), owner.__qualname__, owner)
        return owner, owner if owner in getattr(now, "__mro__", ()) else now

    def over(self, owner: Any) -> "Replacement":
        """Return the same for another class or module."""
        return Replacement(owner, self._name, self._makes)

    def uninstall(self) -> None:
        """Put the original back, unless somebody else has replaced the attribute since."""
        if self._replacement is not None and self._owner.__dict__[self._name] is self._replacement:
            setattr(self._owner, self._name, self._original)
            self._replacement = None


def pythons_own(module: ModuleType, name: str) -> Any:
    """Return what Python itself has in a module, also where gevent has put something in its place."""
    gevent: Any = sys.modules.get("gevent.monkey")
    return getattr(module, name) if gevent is None else gevent.get_original(module.__name__, name)


def replacements(owner: Any, names: Iterable[str], makes: Makes) -> tuple[Replacement, ...]:
    """Return one patch for each of several attributes that are replaced alike."""
    return tuple(Replacement(owner, name, makes) for name in names)


@contextmanager
def without_frame() -> Generator[None]:
    """Run a step that starts workers: what is begun inside gets nobody's context."""
    frame = get_frame()
    set_frame(None)
    try:
        yield
    finally:
        set_frame(frame)
