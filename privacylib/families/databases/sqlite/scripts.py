"""Statements of SQLite that name a file: what a script attaches is not there before it runs, and VACUUM INTO copies."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from privacylib.families.databases.parts import SPACE

__all__ = ["Script", "vacuumed"]

_NAME = r"(?P<name>\"[^\"]+\"|'[^']+'|\[[^\]]+\]|`[^`]+`|\w+)"
_TEXT = r"'(?P<file>(?:[^']|'')*)'"
_ANY = re.IGNORECASE | re.DOTALL
_ATTACH = re.compile(rf"{SPACE}ATTACH\b(?:\s+DATABASE\b)?\s*(?:{_TEXT}\s*AS\s*{_NAME}\s*\Z)?", _ANY)
_DETACH = re.compile(rf"{SPACE}DETACH\s+(?:DATABASE\s+)?{_NAME}", _ANY)
_VACUUM = re.compile(
    rf"{SPACE}VACUUM(?:\s+(?!INTO\b){_NAME})?\s+INTO\b\s*(?:(?:{_TEXT}|(?P<mark>[?:@$]\w*))\s*;?\s*\Z)?", _ANY
)
_MADE = re.compile(rf"{SPACE}CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}(?!\s*\.)", _ANY)


def vacuumed(text: str, values: Any = ()) -> tuple[str, str | bytes | None] | None:
    """Return which database a statement copies, and into which file; None where it copies none.

    Args:
        text: The statement.
        values: What is bound in it.

    Returns:
        The database's name in SQL, and the file as it is given: None where that is worked out.
    """
    found = _VACUUM.match(text)
    if found is None:
        return None
    file = _bound(found["mark"], values) if found["mark"] else found["file"] and _plain(found["file"])
    return _bare(found["name"] or "main"), file


def _bound(mark: str, values: Any) -> str | bytes | None:
    value: Any = None
    if isinstance(values, Mapping):
        value = cast("Mapping[str, Any]", values).get(mark[1:])
    elif isinstance(values, (list, tuple)):
        value = next(iter(cast("Sequence[Any]", values)), None)
    return value if isinstance(value, (str, bytes)) else None


class Script:
    """Follow which files are open behind the names of a script, and in which of them a table is.

    Args:
        files: Those that are open before.
        opens: Returns the file behind a path in SQL.
        holds: Returns in which of the open databases a table is that is named alone; None for none.
    """

    def __init__(
        self, files: dict[str, str], opens: Callable[[str], str], holds: Callable[[Iterable[str], str], str | None]
    ) -> None:
        self.files: dict[str, str | None] = dict(files)
        self._before = files
        self._opens = opens
        self._holds = holds
        self._made: set[str] = set()

    def follow(self, part: str) -> None:
        """Take in what one statement changes for those behind it."""
        attached, detached, made = _ATTACH.match(part), _DETACH.match(part), _MADE.match(part)
        if attached:
            name = _bare(attached["name"] or "")
            self.files[name] = self._opens(_plain(attached["file"])) if name else None
        elif detached:
            self.files.pop(_bare(detached["name"]), None)
        elif made:
            self._made.add(_bare(made["name"]))

    def place(self, name: str) -> tuple[str, str]:
        """Return the file of a table, and its name in there.

        Raises:
            LookupError: Only running the script would tell.
        """
        schema, dot, table = name.partition(".")
        if dot and schema.lower() in self.files:
            return self.file(schema.lower()), table
        if self.files.get("", "") is None:
            raise LookupError("a database that is attached by a path or a name that is worked out")
        if name.lower() in self._made:
            return self.file("main"), name
        open_ = [one for one in self._before if self.files.get(one) == self._before[one]]
        holds = self._holds(open_, name)
        if holds is None and self.files.keys() - self._before.keys():
            raise LookupError("a table that is in any of the databases that are attached")
        return self.file(holds or "main"), name

    def file(self, schema: str) -> str:
        """Return the file of a database.

        Raises:
            LookupError: Only running the script would tell.
        """
        file = self.files.get(schema)
        if file is None or self.files.get("", "") is None:
            raise LookupError("a database that is not there yet")
        return file


def _plain(text: str) -> str:
    return text.replace("''", "'")


def _bare(name: str) -> str:
    return name.strip("\"'[]`").lower()
