"""Tables of a statement by its words, without a parser: never fewer tables than there are, sometimes more."""

import re
from collections.abc import Iterable

from privacylib.sql.model import OPAQUE, Tables

__all__ = ["by_words"]

_PART = r"(?:\"[^\"]+\"|`[^`]+`|\[[^\]]+\]|[^\W\d][\w$]*)"
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_KNOWN = re.compile(r"\s*\(*\s*(?:SELECT|WITH|INSERT|REPLACE|UPDATE|DELETE|VALUES|CREATE|TABLE)\b", re.IGNORECASE)
_READ = re.compile(
    rf"\b(?:FROM|JOIN)\s+(?:ONLY\s+|LATERAL\s+)?({_NAME}(?:(?:\s+(?:AS\s+)?{_PART})?\s*,\s*{_NAME})*)", re.IGNORECASE
)
_WRITTEN = re.compile(
    rf"\b(?:(?:INSERT|REPLACE)(?:\s+OR\s+\w+)?\s+INTO|(?<!FOR\s)(?<!DO\s)UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)"
    rf"\s+(?:ONLY\s+)?({_NAME})",
    re.IGNORECASE,
)
_CREATED = re.compile(
    rf"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:TEMP|TEMPORARY|MATERIALIZED)\s+)*(?:TABLE|VIEW)\s+"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s*(?:\([^()]*\)\s*)?AS\b",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    rf"(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)({_PART})\s*(?:\([^()]*\)\s*)?AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(",
    re.IGNORECASE,
)
_DELETED = re.compile(r"\bDELETE\s+FROM\b", re.IGNORECASE)
_BY_TEXT = re.compile(r"\b(?:FROM|JOIN)\s+query(?:_table)?\s*\(", re.IGNORECASE)
"""What DuckDB reads by the name or the query that a text holds, which is not there any more."""
_MOVING = re.compile(r"\b(?:INSERT|REPLACE|CREATE)\b(?!.*\bVALUES\b).*\bSELECT\b", re.IGNORECASE | re.DOTALL)


def by_words(statement: str) -> Tables:
    """Return the tables of one statement.

    Args:
        statement: SQL without literals and comments.
    """
    if not _KNOWN.match(statement) or _BY_TEXT.search(statement):
        return OPAQUE
    writes = _names([*_WRITTEN.findall(statement), *_CREATED.findall(statement)])
    if statement.lstrip()[:6].upper() == "CREATE" and not writes:
        return Tables()
    local = set(_names(_LOCAL.findall(statement)))
    queried = _DELETED.sub("DELETE ", statement)
    listed = (name for names in _READ.findall(queried) for name in re.split(r"\s*,\s*", names))
    reads = tuple(name for name in _names(_first(part) for part in listed) if name not in local)
    return Tables(reads, writes, moves=bool(writes and _MOVING.search(statement)))


def _first(part: str) -> str:
    """Return the name of a table without its alias."""
    match = re.match(_NAME, part)
    return match[0] if match else part


def _names(found: Iterable[str]) -> tuple[str, ...]:
    parts = (re.split(r"\s*\.\s*", name) for name in found)
    return tuple(dict.fromkeys(".".join(piece.strip('"`[]') for piece in pieces) for pieces in parts))
