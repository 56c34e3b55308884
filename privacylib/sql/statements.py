"""Tables of SQL statements: by a parser where one is installed, else by words."""

import re
from collections.abc import Iterable

from attrs import evolve

from privacylib.memo import Memo
from privacylib.sql.model import OPAQUE, Tables
from privacylib.sql.words import by_words

__all__ = ["holds_values", "stripped", "tables"]

ROOM = 65_536
"""Weight of the statements whose tables are remembered: 4,000 ordinary ones, or four megabytes of long ones."""

_CHARACTERS = 64
"""Characters of a statement that weigh as a member does."""

LONGEST = 100_000
"""Characters of a statement that is looked at; a longer one is opaque."""

SHORT = 4096
"""Characters of a statement that is short enough to be kept as it is."""

_SMALL = re.compile(r"\d{1,3}")
_QUOTED = r"\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]"
_LITERAL = re.compile(
    rf"(?P<name>{_QUOTED})|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'"
    r"|(?<![\w$.:@?])\d[\w.]*(?:(?<=[eE])[+-]\d+)?|(?<![\w:])[:@$]\w+|%\(\w+\)[sbt]|%[sbt]\b",
    re.DOTALL,
)
_STATEMENT = re.compile(rf"(?:{_QUOTED}|[^;])+")
_NO_DATA = re.compile(
    r"\s*(?:BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|VACUUM|ANALYZE|REINDEX|ATTACH|DETACH|SET|SHOW|START"
    r"|DROP|ALTER|EXPLAIN|USE|LISTEN|UNLISTEN|DISCARD|RESET|DEALLOCATE|CLOSE|FETCH|MOVE|LOCK|UNLOCK|TRUNCATE|GRANT|REVOKE"
    r"|COMMENT|CHECKPOINT|CLUSTER|KILL|FLUSH|DESCRIBE|DESC|INSTALL|LOAD(?!\s+(?:DATA|XML))|CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER|SCHEMA|DATABASE|SEQUENCE|TYPE))\b",
    re.IGNORECASE,
)
_CATALOGUE = re.compile(r"(?:\w+\.)?sqlite_|pragma_|information_schema\.|pg_", re.IGNORECASE)


def tables(text: str, dialect: str = "") -> Tables:
    """Return the tables that SQL touches. Literals are dropped first, and never kept.

    Args:
        text: One statement, or several.
        dialect: Name of the dialect, as sqlglot has it; empty for its general one.
    """
    if len(text) > LONGEST:
        return OPAQUE
    question = plain, _ = stripped(text), dialect
    found = _known.get(question)
    return _known.keep(question, _tables(*question), len(plain) // _CHARACTERS) if found is None else found


def stripped(text: str) -> str:
    """Return SQL without comments, with ``?`` for each literal and parameter. Quoted names stay."""
    return _LITERAL.sub(_plain, text).strip()


def holds_values(text: str) -> bool:
    """Return whether SQL has values or comments in it; small numbers, as in ``limit 10``, say nothing of anybody."""
    return len(text) > SHORT or any(
        not (found["name"] or found[0].startswith((":", "@", "$", "%")) or _SMALL.fullmatch(found[0]))
        for found in _LITERAL.finditer(text)
    )


def _plain(found: re.Match[str]) -> str:
    return found["name"] or (" " if found[0].startswith(("--", "/*")) else "?")


def _tables(text: str, dialect: str) -> Tables:
    return _joined(_one(statement, dialect) for statement in _STATEMENT.findall(text) if statement.strip())


_known: Memo[tuple[str, str], Tables] = Memo(ROOM)


def _one(statement: str, dialect: str) -> Tables:
    if _NO_DATA.match(statement):
        return Tables()
    try:
        from privacylib.sql.parsed import by_parser
    except ImportError:
        found = None
    else:
        found = by_parser(statement, dialect)
    if found is None:
        found = by_words(statement)
    reads = tuple(name for name in found.reads if not _CATALOGUE.match(name))
    return evolve(found, reads=reads, moves=found.moves and "?" not in statement)


def _joined(found: Iterable[Tables]) -> Tables:
    """Return what several statements touch together; fields and movement are told of one alone."""
    every = list(found)
    if len(every) == 1:
        return every[0]
    return Tables(
        reads=tuple(dict.fromkeys(name for one in every for name in one.reads)),
        writes=tuple(dict.fromkeys(name for one in every for name in one.writes)),
        opaque=any(one.opaque for one in every),
    )
