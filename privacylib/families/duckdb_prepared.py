"""Statements that a connection of DuckDB has prepared by SQL, so that what runs one later is told by its text."""

import re
from typing import Any
from weakref import WeakKeyDictionary

from privacylib.families.parts import SPACE, parted

__all__ = ["unfolded"]

_MOST = 128
"""Statements that are remembered of a connection; the oldest go first."""

_LONGEST = 16_384
"""Characters of a statement that is remembered."""

_NAME = r"(?P<name>\"[^\"]+\"|\w+)"
_NAMED = re.compile(r"\b(?:PREPARE|EXECUTE|DEALLOCATE)\b", re.IGNORECASE)
_PREPARE = re.compile(rf"{SPACE}PREPARE\s+{_NAME}\s*(?:\([^)]*\)\s*)?\bAS\b(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(rf"{SPACE}EXECUTE\s+{_NAME}\s*(?:\(.*\)\s*)?\Z", re.IGNORECASE | re.DOTALL)
_FORGET = re.compile(rf"{SPACE}DEALLOCATE\s+(?:PREPARE\s+)?{_NAME}\s*\Z", re.IGNORECASE)

_prepared: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def unfolded(connection: Any, text: str) -> str:
    """Return a text in which the statements that it executes by name stand themselves, as far as they are known.

    Args:
        connection: The driver's.
        text: The statement, or several.
    """
    if not _NAMED.search(text):
        return text
    known = _prepared.setdefault(connection, {})
    return ";".join(_one(known, part) for part in parted(text))


def _one(known: dict[str, str], part: str) -> str:
    made = _PREPARE.match(part)
    if made:
        name = _name(made)
        known.pop(name, None)
        if len(made["rest"]) > _LONGEST:
            return part
        known[name] = made["rest"]
        if len(known) > _MOST:
            del known[next(iter(known))]
        return ""  # it runs where it is executed
    gone = _FORGET.match(part)
    if gone:
        known.pop(_name(gone), None)
    runs = _EXECUTE.match(part)
    return known.get(_name(runs), part) if runs else part


def _name(found: re.Match[str]) -> str:
    return found["name"].strip('"').lower()
