"""What sqlglot does not read, written so that it can: one pattern and its other form for each.

A statement inside another one (PREPARE, EXPLAIN ANALYZE, a cursor, dynamic text) is taken for the one that runs.
"""

import re
from collections.abc import Callable

__all__ = ["forms", "function_named", "prepared"]

_TEXT = r"N?'(?P<text>(?:[^']|'')*)'"
_NAME = r"(?P<name>[\w$.\"`\[\]]+)"

_CREATED = (
    r"CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:TEMP(?:ORARY)?\s+)?(?:MACRO|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"{_NAME}"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s*" + text, re.IGNORECASE | re.DOTALL)


def _rest(found: re.Match[str]) -> str:
    return found["rest"]


def _unquoted(found: re.Match[str]) -> str:
    return found["text"].replace("''", "'")


_PREPARE = _pattern(rf"PREPARE\s+{_NAME}\s*(?:\([^)]*\)\s*)?(?:AS|FROM)\s+(?P<rest>.*)")
_EXECUTE = _pattern(rf"EXECUTE\s+{_NAME}\s*(?:\(.*\)|USING\s.*)?\s*$")

_UNREAD = _pattern(rf"{_CREATED}.*")

_DEFAULT = re.compile(r"\s*:=\s*(?:'[^']*'|[^,'])*")

_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_pattern(rf"(?:EXECUTE\s+IMMEDIATE|EXEC(?:UTE)?\s+(?:sys\.)?sp_executesql|EXEC\s*\()\s*{_TEXT}.*"), _unquoted),
    (_pattern(rf"PREPARE\s+{_NAME}\s+FROM\s+{_TEXT}\s*$"), _unquoted),
    (_PREPARE, _rest),
    (_pattern(r"DECLARE\s+[\w$\"]+\s[\w\s]{0,40}?\bCURSOR\b[\w\s]{0,40}?\bFOR\s+(?P<rest>.*)"), _rest),
    (
        _pattern(r"EXPLAIN\s+(?:ANALYZE|ANALYSE|\([^)]{0,99}?\bANALYZE\b[^)]{0,99}\))\s+(?:VERBOSE\s+)?(?P<rest>.*)"),
        _rest,
    ),
    (
        _pattern(r"REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?:INTO\s+)?(?P<rest>.*)"),
        lambda one: f"INSERT INTO {one['rest']}",
    ),
    (
        _pattern(
            r"(?P<head>INSERT\s+OVERWRITE\s+(?:LOCAL\s+)?DIRECTORY\s+'[^']*')\s+USING\s+\w+\s*"
            r"(?:OPTIONS\s*\([^)]*\)\s*)?(?P<rest>.*)"
        ),
        lambda one: f"{one['head']} {one['rest']}",
    ),
    (
        _pattern(r"(?P<head>CREATE\b.*?\S)\s+ON\s+COMMIT\s+(?:DROP|DELETE\s+ROWS|PRESERVE\s+ROWS)\s+(?P<rest>AS\b.*)"),
        lambda one: f"{one['head']} {one['rest']}",
    ),
    (
        _pattern(
            r"(?P<rest>CREATE\b.*?\S)\s+WITH\s+"
            r"(?:NO\s+DATA|DATA|(?:LOCAL\s+|CASCADED\s+)?CHECK\s+OPTION|NO\s+SCHEMA\s+BINDING)\s*$"
        ),
        _rest,
    ),
    (
        _pattern(r"(?P<head>INSERT\b.*?\S)\s+OVERRIDING\s+(?:SYSTEM|USER)\s+VALUE\s+(?P<rest>.*)"),
        lambda one: f"{one['head']} {one['rest']}",
    ),
    (
        _pattern(r"(?P<head>CREATE\b.*?\bAS)\s+(?P<rest>(?:UN)?PIVOT\b.*)"),
        lambda one: f"{one['head']} FROM ({one['rest']})",
    ),
    (
        _pattern(rf"(?P<head>{_CREATED}\s*)\((?P<given>[^()]*:=[^()]*)\)\s*(?P<rest>AS\b.*)"),
        lambda one: f"{one['head']}({_DEFAULT.sub('', one['given'])}) {one['rest']}",
    ),
)  # fmt: skip

_MARKS = re.compile(r"(?P<kept>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`)|\?\d+|%\([^()\s]*\)s|%s")
"""Parameters that sqlglot reads in some dialects only."""

_NAMED = re.compile(r"(?P<kept>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|::)|(?<!\w):\w+|(?<!\w)@\w+|\$\d+")
"""Parameters whose names may be words that mean something."""


_VALUES = re.compile(
    r"(?P<kept>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<word>\b(?:FROM|JOIN|INTO|UPDATE)\s+)VALUES\b(?!\s*\()|\bVALUES(?=\s*\.)",
    re.IGNORECASE,
)
"""A table of that name, which PostgreSQL and DuckDB take without quotes, and where it qualifies a column."""


def _table_named_values(one: re.Match[str]) -> str:
    return one["kept"] or f'{one["word"] or ""}"values"'


def forms(text: str) -> list[str]:
    """Return other forms of a statement that could not be parsed, in the order in which they are to be tried."""
    found: list[str] = []
    for pattern, form in _FORMS:
        match = pattern.fullmatch(text)
        if match:
            found.append(form(match))
            break
    found.append(_VALUES.sub(_table_named_values, found[-1] if found else text))
    for marks in (_MARKS, _NAMED):
        found.append(marks.sub(lambda one: one["kept"] or "?", found[-1]))
    return [one for one in dict.fromkeys(found) if one != text]


def prepared(text: str) -> tuple[str, str]:
    """Return the name that a statement prepares or executes, and which of both; empty where it does neither."""
    for word, pattern in (("PREPARE", _PREPARE), ("EXECUTE", _EXECUTE)):
        found = pattern.fullmatch(text)
        if found:
            return found["name"].lower(), word
    return "", ""


def function_named(text: str) -> str:
    """Return the last name of the function or macro that a statement creates; empty where it creates none."""
    found = _UNREAD.fullmatch(text)
    return found["name"].rpartition(".")[2].strip('`"[]').lower() if found else ""
