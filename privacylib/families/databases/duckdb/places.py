"""Where the tables of a connection of DuckDB are: files by the names of databases, and where bare names are looked for.

Within a call of several statements it is told by their words: nothing that they attach is there yet.
"""

import re
from typing import Any
from weakref import WeakKeyDictionary

from attrs import define, evolve, field

from privacylib.families.databases.duckdb.schema import bare
from privacylib.families.databases.parts import SPACE
from privacylib.naming import file_asset
from privacylib.sql import Schema

__all__ = ["Places", "as_seen", "follow", "places_of"]

_NAME = r"(?P<name>\"[^\"]+\"|\w+)"
_ATTACH = re.compile(
    rf"{SPACE}ATTACH\s+(?:OR\s+REPLACE\s+)?(?:DATABASE\s+)?(?P<kept>IF\s+NOT\s+EXISTS\s+)?'(?P<file>(?:[^']|'')*)'"
    rf"(?:\s*AS\s+{_NAME})?\s*(?:\([^()]*\)\s*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_DETACH = re.compile(rf"{SPACE}DETACH\s+(?:DATABASE\s+)?(?:IF\s+EXISTS\s+)?{_NAME}\s*\Z", re.IGNORECASE | re.DOTALL)
_MOVES = re.compile(rf"{SPACE}(?:ATTACH|DETACH)\b", re.IGNORECASE | re.DOTALL)
_USED = re.compile(
    r"\bUSE\s+([\w\".]+)|\bSET\s+(?:SESSION\s+)?(schema|search_path)\s*(?:=|\bTO\b)\s*'([^']+)'", re.IGNORECASE
)
_DEFINES = re.compile(r"\bCREATE\b[^;]*?\b(?:MACRO|FUNCTION)\b", re.IGNORECASE)
_TYPED = re.compile(r"\w{2,}:")
"""How a path begins that is no file of DuckDB's own, or no local one."""


@define
class Places:
    """What is known of a connection.

    Args:
        files: Files by the names of databases.
        database: Where bare names are looked for.
        schema: In which of its schemas.
    """

    files: dict[str, str | None]
    database: str
    schema: str = "main"
    stale: bool = False
    """Whether a statement has changed it since it was asked."""
    moving: bool = False
    """Whether it is that of one call of several statements, in their order."""
    untold: bool = False
    """Whether the statements of this call mean what cannot be told before they run."""
    used: bool = False
    """Whether a statement of this call has changed where bare names are looked for."""
    made: set[str] = field(factory=set[str])
    """Bare names of what this call has made."""

    def follow(self, part: str) -> None:
        """Take in what one statement of a call of several changes for those behind it."""
        attached, detached = _ATTACH.match(part), _DETACH.match(part)
        self.untold |= _DEFINES.search(part) is not None
        if attached:
            self._attach(attached)
        elif detached:
            self.files.pop(detached["name"].strip('"').lower(), None)
        elif _MOVES.match(part):
            self.untold = True

    def _attach(self, found: re.Match[str]) -> None:
        file = found["file"].replace("''", "'")
        name = (found["name"] or file.rpartition("/")[2].partition(".")[0]).strip('"').lower()
        self.untold |= not file or (_TYPED.match(file) is not None)
        if not (found["kept"] and name in self.files):
            self.files[name] = None if file == ":memory:" else file_asset(file).name

    def use(self, name: str) -> None:
        """Take in that bare names are looked for elsewhere."""
        parts = [part.strip('"').lower() for part in name.split(".")]
        if parts[0] in self.files:
            self.database = parts.pop(0)
            self.schema = "main"
        if parts:
            self.schema = parts[-1]
        self.used = True


_places: WeakKeyDictionary[Any, Places] = WeakKeyDictionary()


def places_of(connection: Any, *, anew: bool = False) -> Places:
    """Return what is known of a connection; asked through a second one, which the first does not notice.

    Args:
        connection: The driver's.
        anew: Whether it is to be asked again, as another connection may have attached something.
    """
    known = _places.get(connection)
    if known is None or known.stale or anew:
        beside = connection.cursor()
        try:
            asked = "SELECT database_name, path FROM duckdb_databases() WHERE NOT internal ORDER BY database_oid"
            files = {name.lower(): file for name, file in bare(beside, asked)}
        finally:
            beside.close()
        first = next(iter(files), "memory")
        stays = known is not None and known.database in files
        known = Places(files, known.database, known.schema) if known is not None and stays else Places(files, first)
        _places[connection] = known
    return known


def follow(connection: Any, text: str) -> None:
    """Take in what a statement that is about to run changes for those behind it.

    Args:
        connection: The driver's.
        text: The statement.
    """
    known = _places.get(connection)
    if known is not None and not known.moving and _MOVES.match(text):
        known.stale = True
    for found in _USED.finditer(text):
        places_of(connection).use(found[1] or found[3])


def as_seen(connection: Any, schema: Schema | None) -> Schema | None:
    """Return what is known about tables, where statements of the same call have changed what bare names mean."""
    known = _places.get(connection)
    if schema is None or known is None or not (known.moving and known.used):
        return schema
    return evolve(schema, search_path=("temp.main", f"{known.database}.{known.schema}", f"{known.database}.main"))
