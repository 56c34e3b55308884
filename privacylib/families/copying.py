"""``COPY`` and ``DECLARE CURSOR``, put as the queries and inserts that they are.

A file gets the name of its asset, quoted as that of a table: ``COPY t TO 'f'`` becomes
``INSERT INTO "file:/f" SELECT * FROM t``.
"""

import re
from collections.abc import Callable

__all__ = ["plain"]

_NAME = r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*'
_COPY = re.compile(
    rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*COPY\s+(?:(?P<table>{_NAME})\s*(?:\([^()]*\)\s*)?|\((?P<query>.*)\)\s*)"
    r"\b(?P<way>FROM|TO)\s+(?:(?P<program>PROGRAM)\s+)?(?:'(?P<file>[^']+)'|(?P<client>STDIN|STDOUT)|(?P<other>\S+))",
    re.IGNORECASE | re.DOTALL,
)
_DECLARE = re.compile(
    r"\s*DECLARE\s+(?:\"[^\"]+\"|\w+)\s+(?:(?:BINARY|ASENSITIVE|INSENSITIVE|NO|SCROLL)\s+)*CURSOR\s+"
    r"(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s+",
    re.IGNORECASE,
)


def plain(text: str, named: Callable[[str], str]) -> str:
    """Return a statement as a query or an insert where it is one; else as it is.

    Args:
        text: The statement.
        named: Returns the URI of a file that a statement names.
    """
    declared = _DECLARE.match(text)
    if declared:
        return text[declared.end() :]
    found = _COPY.match(text)
    if not found:
        return text
    table = found["table"]
    query = found["query"] or f"SELECT * FROM {table}"  # noqa: S608 - it is only looked at
    told = found["file"] and not found["program"]
    other = None if found["client"] else f'"{named(found["file"])}"' if told else '"{…}"'
    if found["way"].upper() == "TO":
        return query if other is None else f"INSERT INTO {other} {query}"
    return f"INSERT INTO {table} " + ("VALUES (?)" if other is None else f"SELECT * FROM {other}")  # noqa: S608 - likewise
