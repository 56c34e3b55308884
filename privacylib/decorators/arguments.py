"""What is written in a decorator's brackets: mistakes that would go unnoticed are told where they are made."""

import re
from collections.abc import Iterable
from typing import Any

from privacylib.policy.forms import FORMS

__all__ = ["dotted", "names", "wrappable"]


def names(argument: str, given: Iterable[str]) -> tuple[str, ...]:
    """Return a list of names as it was given; a text alone would be taken for its letters.

    Raises:
        TypeError: A text stands in the place of a list, or something else in the place of a name.
    """
    if isinstance(given, str | bytes):
        raise TypeError(f"{argument} is a list of names; put brackets around the one: {argument}=[…]")
    found = tuple(given)
    if not all(map(_is_text, found)):
        raise TypeError(f"{argument} is a list of names; write each as text")
    return found


def _is_text(given: object) -> bool:
    return isinstance(given, str)


def dotted(argument: str, given: str) -> str:
    """Return a name that a policy file can hold too.

    Raises:
        TypeError: It is no text: a decorator without brackets takes the function for it.
        ValueError: It is no dotted name.
    """
    if not _is_text(given):
        raise TypeError(f'{argument} is a text; write it in brackets, for example {argument}="assistant.reply"')
    form = FORMS["name"]
    if not re.fullmatch(form.regex, given):
        raise ValueError(f"{argument} {form.problem}; write letters, digits, _ and - joined by dots")
    return given


def wrappable(function: Any) -> None:
    """Refuse what no wrapper can stand for.

    Raises:
        TypeError: It is a class, or cannot be called, as a property.
    """
    if isinstance(function, type):
        raise TypeError(f"the class {function.__qualname__} stays as it is; decorate its methods")
    if not callable(function) and not isinstance(function, staticmethod | classmethod):
        raise TypeError(f"a {type(function).__name__} cannot be called; decorate the function beneath it")
