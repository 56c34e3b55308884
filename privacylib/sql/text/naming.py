"""What a statement names that nobody can read, found by words; what is behind functions and views has no word in it."""

import re

from privacylib.sql.text.names import Names

__all__ = ["MOST", "named"]

_PART = r"(?:\"[^\"]+\"|`[^`]+`|\[[^\]]+\]|[^\W\d][\w$]*)"
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_LIST = rf"{_NAME}(?:(?:\s+(?:AS\s+)?{_PART})?\s*,\s*{_NAME})*"
_BEFORE = re.compile(
    rf"\b(?:(?:FROM|JOIN|INTO|UPDATE(?:\s+OR\s+\w+)?|TABLES?|USING|VIEW|COPY|ON|REPLACE|OVERWRITE|REFERENCES|EXISTS|ONLY"
    rf"|LATERAL|MERGE)\s+"
    rf"|(?:FROM|JOIN)\s*\([\s(]*)(?=({_LIST}))",
    re.IGNORECASE,
)
"""What stands before a name; the name is only looked at, for it may be one of these words itself (`MERGE INTO`)."""

_RENAMES = re.compile(r"\s*RENAME\b", re.IGNORECASE)
_RENAMED = re.compile(rf"\bTO\s+(?=({_LIST}))", re.IGNORECASE)
"""What stands before a table's new name, and before the next table that gets one (`RENAME TABLE a TO b, c TO d`)."""

_BEHIND = re.compile(rf"\)(?:\s+(?:AS\s+)?{_PART})?\s*,\s*(?=({_NAME}))", re.IGNORECASE)
"""What stands before a further item of FROM, behind one that is a function or a query."""
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)

_WORDS = frozenset(
    str.split("""
    select from where set values table view into only lateral if not exists as on using and or join left right full
    inner outer cross natural case when then else end update delete insert replace merge with recursive group order by
    having limit conflict commit duplicate key do null is in like between distinct all any union except intersect
    trigger function procedure index unnest each row of after before instead begin
    """)
)
MOST = 64
"""Names that are kept of one statement."""


def named(text: str, names: Names) -> tuple[str, ...]:
    """Return the names that may be tables.

    Args:
        text: SQL without literals and comments.
        names: The case rules.
    """
    found: dict[str, None] = {}
    first_from = _FROM.search(text)
    further = _BEHIND.finditer(text, first_from.end()) if first_from else ()
    renamed = _RENAMED.finditer(text) if _RENAMES.match(text) else ()
    for match in (*_BEFORE.finditer(text), *further, *renamed):
        for listed in re.split(r"\s*,\s*", match[1]):
            first = re.match(_NAME, listed)
            if first and first[0].lower() not in _WORDS:
                found[_folded(first[0], names)] = None
    return tuple(found)[:MOST]


def _folded(name: str, names: Names) -> str:
    parts = re.findall(_PART, name)
    return ".".join(names.part(part.strip('"`[]'), quoted=part[0] in '"`[') for part in parts)
