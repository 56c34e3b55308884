"""SQL without what is in it: literals, parameters and comments."""

import re

__all__ = ["LONGEST", "QUOTED", "holds_any", "holds_values", "shape_of", "stripped"]

LONGEST = 100_000
"""Characters of a statement that is looked at; a longer one is opaque."""

SHORT = 4096
"""Characters of a statement that is short enough to be kept as it is."""

QUOTED = r"\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]"
_SMALL = re.compile(r"\d{1,3}")
_LITERAL = re.compile(
    rf"(?P<name>{QUOTED})|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'"
    r"|%s(?!\w)|%\([^()\s]*\)s(?!\w)|(?<![\w$.:@?])\d[\w.]*(?:(?<=[eE])[+-]\d+)?|(?<![\w:])[:@$]\w+",
    re.DOTALL,
)
_UNSURE = re.compile(r"\\|\$\w*\$")
"""Signs of literals that only the dialect's own rules can tell."""


def stripped(text: str) -> str:
    """Return SQL without comments, with ``?`` for each literal and parameter. Quoted names stay."""
    return _LITERAL.sub(_plain, text).strip()


def holds_values(text: str) -> bool:
    """Return whether SQL has values or comments in it; small numbers, as in ``limit 10``, say nothing of anybody."""
    return len(text) > SHORT or any(
        not (found["name"] or found[0].startswith((":", "@", "$", "%")) or _SMALL.fullmatch(found[0]))
        for found in _LITERAL.finditer(text)
    )


def holds_any(text: str) -> bool:
    """Return whether SQL has literals or parameters in it, but for small numbers."""
    return any(
        not (found["name"] or found[0].startswith(("--", "/*")) or _SMALL.fullmatch(found[0]))
        for found in _LITERAL.finditer(text)
    ) or "?" in _LITERAL.sub("", text)


def shape_of(text: str) -> str:
    """Return what statements have in common that differ in their literals; empty where it cannot be told.

    Small numbers stay, as ``ORDER BY 2`` names a column by one.
    """
    return "" if len(text) > LONGEST or _UNSURE.search(text) else _LITERAL.sub(_alike, text)


def _plain(found: re.Match[str]) -> str:
    return found["name"] or (" " if found[0].startswith(("--", "/*")) else "?")


def _alike(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("'"):
        return "''"
    if text.startswith(("--", "/*")):
        return " "
    return text if not text[0].isdigit() or _SMALL.fullmatch(text) else "0000"
