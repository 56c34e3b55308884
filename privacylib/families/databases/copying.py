"""``COPY`` and ``DECLARE CURSOR``, put as the queries and inserts that they are.

A file gets the name of its asset, quoted as that of a table: ``COPY t TO 'f'`` becomes
``INSERT INTO "file:/f" SELECT * FROM t``.
"""

import re
from collections.abc import Callable

from privacylib.families.databases.parts import parted

__all__ = ["plain"]

_NAME = r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*'
_COPY = re.compile(
    rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*COPY\s+(?:(?P<table>{_NAME})\s*(?P<columns>\([^()]*\)\s*)?|\((?P<query>.*)\)\s*)"
    r"\b(?P<way>FROM|TO)\s+(?:(?P<program>PROGRAM)\s+)?(?:'(?P<file>[^']+)'|(?P<client>STDIN|STDOUT)|(?P<other>\S+))",
    re.IGNORECASE | re.DOTALL,
)
_DECLARE = re.compile(
    r"\s*DECLARE\s+(?:\"[^\"]+\"|\w+)\s+(?:(?:BINARY|ASENSITIVE|INSENSITIVE|NO|SCROLL)\s+)*CURSOR\s+"
    r"(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s+",
    re.IGNORECASE,
)

_NAMED = re.compile(r"\bCOPY\b|\bDECLARE\b", re.IGNORECASE)


def plain(text: str, named: Callable[[str], str], read: Callable[[str, str], str] | None = None) -> str:
    """Return statements as queries or inserts where they are that; else as they are.

    Args:
        text: The statement, or several.
        named: Returns the URI of a file that a statement names.
        read: Returns that of one that is read, by its path and what follows it in the statement; else `named` does.
    """
    if ";" not in text or not _NAMED.search(text):
        return _plain(text, named, read)
    return ";".join(_plain(part, named, read) for part in parted(text))


def _plain(text: str, named: Callable[[str], str], read: Callable[[str, str], str] | None) -> str:
    declared = _DECLARE.match(text)
    if declared:
        return text[declared.end() :]
    found = _COPY.match(text)
    if not found:
        return text
    into = found["way"].upper() == "FROM"
    other = '"{…}"'
    if found["client"]:
        other = None
    elif found["file"] and not found["program"]:
        file = found["file"]
        other = f'"{read(file, text[found.end() :]) if into and read else named(file)}"'
    table, columns = found["table"], (found["columns"] or "").strip()
    if into:
        given = "VALUES (?)" if other is None else f"SELECT * FROM {other}"  # noqa: S608 - it is only looked at
        return f"INSERT INTO {table} {columns} {given}"
    query = found["query"] or f"SELECT {columns[1:-1] or '*'} FROM {table}"  # noqa: S608 - likewise
    return query if other is None else f"INSERT INTO {other} {query}"
