"""Statements that a connection has prepared by SQL, so that what runs one later is told by its text."""

import re
from typing import Any
from weakref import WeakKeyDictionary

from privacylib.families.databases.parts import SPACE, parted

__all__ = ["names_prepared", "unfolded"]

_MOST = 128
"""Statements that are remembered of a connection; the oldest go first."""

_LONGEST = 16_384
"""Characters of a statement that is remembered."""

_NAME = r"(?P<name>\"[^\"]+\"|`[^`]+`|\w+)"
_NAMED = re.compile(r"\b(?:PREPARE|EXECUTE|DEALLOCATE)\b", re.IGNORECASE)
_PREPARE = re.compile(
    rf"{SPACE}PREPARE\s+{_NAME}\s*(?:\([^)]*\)\s*)?"
    r"(?:\bAS\b(?P<rest>.*)|\bFROM\s*'(?P<quoted>(?:[^'\\]|'')*)'\s*\Z|.*)",
    re.IGNORECASE | re.DOTALL,
)
_EXECUTE = re.compile(
    rf"{SPACE}(?P<around>(?:CREATE\b.*?\bAS|EXPLAIN\b.*?)\s+)?EXECUTE\s+{_NAME}\s*(?:\(.*\)|USING\s.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_FORGET = re.compile(rf"{SPACE}DEALLOCATE\s+(?:PREPARE\s+)?{_NAME}\s*\Z", re.IGNORECASE)

_prepared: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def names_prepared(text: str) -> bool:
    """Return whether a text may prepare a statement or execute one by name, and so means another thing each time."""
    return _NAMED.search(text) is not None


def unfolded(connection: Any, text: str, *, refuses: bool = False) -> str:
    """Return a text in which the statements that it executes by name stand themselves, as far as they are known.

    Args:
        connection: The driver's.
        text: The statement, or several.
        refuses: Whether a name that is taken is refused, and what it stands for stays.
    """
    if not names_prepared(text):
        return text
    known = _prepared.setdefault(connection, {})
    return ";".join(_one(known, part, refuses) for part in parted(text))


def _one(known: dict[str, str], part: str, refuses: bool) -> str:
    made = _PREPARE.match(part)
    if made:
        return _made(known, made, refuses)
    gone = _FORGET.match(part)
    if gone:
        known.pop(_name(gone), None)
    runs = _EXECUTE.match(part)
    if not runs:
        return part
    text = known.get(_name(runs))
    return f"EXECUTE {runs['name']}" if text is None else f"{runs['around'] or ''}{text}"


def _made(known: dict[str, str], made: re.Match[str], refuses: bool) -> str:
    """Remember what a statement prepares; what cannot be remembered is judged where it stands."""
    before = known.pop(_name(made), None)
    text = made["rest"] or (made["quoted"] or "").replace("''", "'")
    if refuses and before not in (None, text):
        text = f"{before};{text}"  # either may be what runs
    if not text or len(text) > _LONGEST:
        return made[0]
    known[_name(made)] = text
    if len(known) > _MOST:
        del known[next(iter(known))]
    return ""  # it runs where it is executed


def _name(found: re.Match[str]) -> str:
    return found["name"].strip('"`').lower()
