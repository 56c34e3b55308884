"""The statements of a script, by its text alone."""

import re

__all__ = ["SPACE", "parted"]

SPACE = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
"""What may stand before a word, as a pattern in which a dot is anything."""

_PART = re.compile(r"(?:'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|[^;])+", re.DOTALL)


def parted(text: str) -> list[str]:
    """Return the statements of a script; a semicolon in a literal, a quoted name or a comment ends none."""
    return [part for part in _PART.findall(text) if part.strip()]
