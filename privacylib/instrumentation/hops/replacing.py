"""Replace an attribute of a class or module, and put the identical original back."""

import functools
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from privacylib.context import get_frame, set_frame

__all__ = ["Makes", "Replacement", "replacements", "without_frame"]

Makes = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Takes a function and returns what stands in its place."""


class Replacement:
    """One attribute of a class or module that is replaced while the hop is installed.

    Args:
        owner: The class or module; the attribute is its own, not an inherited one.
        name: Name of the attribute.
        makes: Returns the replacement; signature, name and documentation stay those of the original.
    """

    __slots__ = ("_makes", "_name", "_original", "_owner", "_replacement")

    def __init__(self, owner: Any, name: str, makes: Makes) -> None:
        self._owner = owner
        self._name = name
        self._makes = makes
        self._original: Callable[..., Any] | None = None
        self._replacement: Callable[..., Any] | None = None

    def install(self) -> None:
        """Put the replacement in place; doing so again changes nothing."""
        if self._replacement is None:
            original: Callable[..., Any] = self._owner.__dict__[self._name]
            self._original = original
            self._replacement = functools.wraps(original)(self._makes(original))
            setattr(self._owner, self._name, self._replacement)

    def uninstall(self) -> None:
        """Put the original back, unless somebody else has replaced the attribute since."""
        if self._replacement is not None and self._owner.__dict__[self._name] is self._replacement:
            setattr(self._owner, self._name, self._original)
            self._replacement = None


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
