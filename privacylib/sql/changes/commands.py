"""Statements that are read by their words alone, as sqlglot has no form for them."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from sqlglot import exp

from privacylib.sql.changes.copying import load_file, unload_file
from privacylib.sql.changes.databases import WHOLE, copied, exported
from privacylib.sql.changes.writing import Writing
from privacylib.sql.files import file_named
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.text.idle import IDLE
from privacylib.sql.text.parsing import parsed
from privacylib.sql.text.stripping import stripped

__all__ = ["command"]

_STRING = r"'(?P<file>(?:[^']|'')*)'"
_TABLE = r"(?P<table>[\w$.\"`\[\]]+)"
_COLUMNS = r"(?:\s*\((?P<columns>[^()]*)\))?"

_NO_DATA = re.compile(rf"\s*(?P<kind>{IDLE}|DECLARE|ADD\s+JAR|MSCK|PRINT|GO)(?!\w)", re.IGNORECASE)

Words: TypeAlias = Callable[[Writing, re.Match[str], Scope], Relation | None]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s*" + text, re.IGNORECASE | re.DOTALL)


def _loaded(writing: Writing, found: re.Match[str], scope: Scope) -> Relation | None:
    """Read LOAD DATA INFILE and BULK INSERT."""
    writing.reading.kind = "LOAD"
    table = _table(writing, found["table"])
    listed = found.groupdict().get("columns")
    names = (
        tuple(writing.reading.names.stored_column(one.strip(' `"[]')) for one in listed.split(",")) if listed else None
    )
    load_file(writing, table, names, file_named(found["file"]))
    return scope.chosen_row


def _unloaded(writing: Writing, found: re.Match[str], scope: Scope) -> Relation | None:
    """Read SELECT … INTO OUTFILE."""
    tree = parsed(f"{found['query']} {found['rest'] or ''}", writing.reading.names.dialect)
    if isinstance(tree, exp.Query):
        writing.reading.kind = "SELECT"
        unload_file(writing, writing.queries.query(tree, scope), file_named(found["file"]))
    return None


def _refreshed(writing: Writing, found: re.Match[str], scope: Scope) -> Relation | None:
    """Read REFRESH MATERIALIZED VIEW: its definition runs again."""
    writing.reading.kind = "REFRESH"
    table = _table(writing, found["table"])
    sink = writing.sink(table)
    _, relation = writing.queries.sources.table(table, scope)
    if relation is not None and writing.reading.catalogue.view(sink) is not None:
        writing.reading.pour(relation, sink)
    else:
        writing.reading.missing("a view whose definition is not known")
    writing.reading.reads.pop(sink, None)
    return None


def _defined(writing: Writing, found: re.Match[str], scope: Scope) -> Relation | None:
    """Read CREATE TABLE of columns that sqlglot does not read: whatever these are, the table holds nothing yet."""
    del scope
    columns = stripped(found["definition"])
    if not _QUERY.search(columns) and _is_closed(columns):
        writing.reading.kind = "CREATE TABLE"
        writing.reading.catalogue.make(writing.reading.name_of(_table(writing, found["table"])), None)
    return None


def _told(writing: Writing, found: re.Match[str], scope: Scope) -> Relation | None:
    """Read NOTIFY: what it tells goes to whoever listens to the channel."""
    writing.reading.kind = "NOTIFY"
    writing.sink(_table(writing, found["table"]))
    return scope.chosen_row


_QUERY = re.compile(r"\b(?:SELECT|VALUES|TABLE|FROM|EXECUTE|INTO)\b", re.IGNORECASE)


def _is_closed(text: str) -> bool:
    """Return whether no parenthesis closes that has not been opened here."""
    depth = 0
    for sign in re.findall(r"[()]", text):
        depth += 1 if sign == "(" else -1
        if depth < 0:
            return False
    return True


_RULES: tuple[tuple[re.Pattern[str], Words], ...] = (
    (
        _pattern(
            rf"LOAD\s+DATA\s+(?:LOW_PRIORITY\s+|CONCURRENT\s+)?(?:LOCAL\s+)?INFILE\s+{_STRING}\s+(?:REPLACE\s+|IGNORE\s+)?"
            rf"INTO\s+TABLE\s+{_TABLE}{_COLUMNS}.*"
        ),
        _loaded,
    ),
    (_pattern(rf"BULK\s+INSERT\s+{_TABLE}\s+FROM\s+{_STRING}.*"), _loaded),
    (
        _pattern(
            rf"(?P<query>(?:SELECT|WITH)\b.*?)\sINTO\s+(?:OUTFILE|DUMPFILE)\s+{_STRING}"
            r"(?:\s+(?:CHARACTER|FIELDS|COLUMNS|LINES)\b(?:'[^']*'|[^'])*?)??(?P<rest>\s+FROM\b.*)?"
        ),
        _unloaded,
    ),
    (_pattern(rf"NOTIFY\s+{_TABLE}.*"), _told),
    (_pattern(rf"REFRESH\s+MATERIALIZED\s+VIEW\s+(?:CONCURRENTLY\s+)?{_TABLE}.*"), _refreshed),
    (
        _pattern(
            rf"CREATE\s+(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED)\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TABLE}\s*"
            r"\((?P<definition>.*)\)(?:[\s,]*(?:STRICT|WITHOUT\s+ROWID))*\s*"
        ),
        _defined,
    ),
)


def command(text: str, writing: Writing, scope: Scope) -> bool:
    """Read a statement by its words; return whether it is of a kind that is known."""
    whole = WHOLE.fullmatch(text)
    if whole:
        (copied if whole["source"] else exported)(writing, whole)
        return bool(writing.reading.kind)
    for pattern, rule in _RULES:
        found = pattern.fullmatch(text)
        if found:
            rule(writing, found, scope)
            return bool(writing.reading.kind)
    found = _NO_DATA.match(text)
    if found:
        writing.reading.kind = " ".join(found["kind"].upper().split())
    return found is not None


def _table(writing: Writing, name: str) -> Any:
    return exp.to_table(name, dialect=writing.reading.names.dialect or None)
