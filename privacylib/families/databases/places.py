"""Databases on servers: which database and which schema is behind a table that a statement names."""

import re
import time
from collections.abc import Hashable
from typing import Any
from weakref import WeakKeyDictionary

from attrs import evolve, field, frozen

from privacylib.memo import Memo
from privacylib.model import Asset
from privacylib.naming import asset
from privacylib.sql import Schema, changed

__all__ = ["CHANGES", "DATABASE", "Database", "Shelf", "of_connection", "remember", "server"]

DATABASE = "_privacylib_database"
"""Attribute of a connection: the database that it speaks to."""

CHANGES = re.compile(r"(?:^|[;/\n])[ \t]*(?:CREATE|DROP|ALTER|RENAME)\b|\A\s*SELECT\b[^;]*\bINTO\b", re.IGNORECASE)
"""Finds what may change which tables there are."""

_TEMPORARY = re.compile(r"\s*CREATE\s+(?:\w+\s+)?TEMP", re.IGNORECASE)

_beside: WeakKeyDictionary[Any, "Database"] = WeakKeyDictionary()
"""The same for connections that have no room for it."""

_FRESH = 300.0
"""Seconds after which a new connection asks again which tables there are."""

_ROOM = 4096


@frozen(eq=False)
class Database:
    """Name a database, and hold what is known about it.

    Connections to which the same names mean the same share one: what is kept by statement is then kept once.

    Args:
        namespace: The server (``postgres://db:5432``).
        name: The database.
        schema: Columns of its tables by ``schema.table``, and the schemas in which a bare name is looked for.
        user: Who is connected.
    """

    namespace: str
    name: str
    schema: Schema = field(factory=Schema)
    user: str = ""
    original: "Database | None" = None
    """What a connection had before it changed where bare names are looked for."""
    _schemas: dict[str, tuple[str, ...]] = field(init=False)
    _by_path: Memo[tuple[str, ...], "Database"] = field(init=False, factory=lambda: Memo(_ROOM))
    _by_text: Memo[int, "Database"] = field(init=False, factory=lambda: Memo(_ROOM))

    def __attrs_post_init__(self) -> None:
        found: dict[str, tuple[str, ...]] = {}
        for full in self.schema.tables:
            schema, _, table = full.partition(".")
            found[table] = (*found.get(table, ()), schema)
        object.__setattr__(self, "_schemas", found)

    def asset(self, name: str) -> Asset:
        """Return the asset of a table by the dotted name that a statement gives it, or of a file by its URI."""
        if name.startswith("file:"):
            return asset(name)
        if name == "{…}":
            return Asset(self.namespace, f"{self.name}.{name}")
        *above, table = name.split(".")
        schema, table = (above[-1], table) if above else self._found(table)
        return Asset(self.namespace, f"{self.name}.{schema}.{table}")

    def file(self, path: str) -> str:
        """Return the URI of a file of the server's host."""
        return f"file://{self.namespace.partition('://')[2].rpartition(':')[0]}{path}"

    def looking_in(self, path: tuple[str, ...]) -> "Database":
        """Return the database as it is to a connection that looks for bare names in other schemas."""
        first = self.original or self
        if path == first.schema.search_path:
            return first
        known = first._by_path.get(path)
        if known is not None:
            return known
        schema = evolve(first.schema, views={}, search_path=path)  # bare names in views were told by the first path
        return first._by_path.keep(path, evolve(first, schema=schema, original=first))

    def after(self, text: str, dialect: str) -> "Database":
        """Return the database as it is to a connection that makes, drops or renames tables."""
        known = self._by_text.get(hash(text))
        if known is None:
            found = (self.original or self)._holding(changed(text, dialect, self.schema), self.original is None)
            known = self._by_text.keep(hash(text), found.looking_in(self.schema.search_path))
        return known

    def _holding(self, found: Schema, with_views: bool) -> "Database":
        """Return the database with other tables: the same one, where there were others between."""
        path = (*found.search_path, "public")[0]
        tables = {_qualified(name, path): columns for name, columns in found.tables.items()}
        views = found.views if with_views else {n: v for n, v in self.schema.views.items() if n in tables}
        if (tables, views, found.functions) == (self.schema.tables, self.schema.views, self.schema.functions):
            return self
        held = tuple(tables.items()), tuple(views.items()), tuple(found.functions.items())
        key = self.namespace, self.name, self.user, self.schema.search_path, *held
        schema = Schema(tables, views, self.schema.search_path, found.functions)
        return _alike.get(key) or _alike.keep(key, evolve(self, schema=schema), sum(map(len, tables.values())))

    def _found(self, table: str) -> tuple[str, str]:
        """Return in which schema a table is, and its name there.

        One that was made since is in the first schema looked at. Where it cannot be told it is in ``{…}``.
        """
        path = self.schema.search_path
        for written in (table, table.lower()):
            schemas = self._schemas.get(written, ())
            for schema in path:
                if schema in schemas:
                    return schema, written
            if len(schemas) == 1:
                return schemas[0], written
        return path[0] if path else "{…}", table.lower()


class Shelf:
    """Hold databases by what connections to them have in common."""

    def __init__(self) -> None:
        self._known: Memo[Hashable, tuple[Database, float]] = Memo(_ROOM)

    def get(self, key: Hashable) -> Database | None:
        """Return a database whose tables were asked for lately."""
        database, at = self._known.get(key, (None, 0.0))
        return database if time.monotonic() - at < _FRESH else None

    def forget(self) -> None:
        """Hold nothing any more."""
        self._known.clear()

    def keep(self, key: Hashable, database: Database) -> Database:
        """Keep what is known of a database; the one that is known already, where nothing has changed."""
        before = self._known.get(key, (None, 0.0))[0]
        if before is not None and _holds(before.schema) == _holds(database.schema):
            database = before
        return self._known.keep(key, (database, time.monotonic()))[0]

    def changed(self, database: Database, text: str) -> None:
        """Ask again for the tables of a database that a statement has changed for everybody."""
        if _TEMPORARY.match(text):
            return
        for key, (known, _) in list(self._known.items()):
            same = known.namespace == database.namespace and known.name == database.name
            if same and known.schema.tables != database.schema.tables:
                self._known.pop(key, None)


_alike: Memo[Hashable, Database] = Memo(65_536)
"""Databases by all that is known of them."""


def _holds(schema: Schema) -> tuple[object, ...]:
    return schema.tables, schema.views, schema.search_path, schema.functions


def _qualified(name: str, schema: str) -> str:
    """Return ``schema.table`` of a name that has one part, two, or three."""
    *above, table = name.split(".")
    return f"{above[-1] if above else schema}.{table}"


def server(scheme: str, host: str | None, port: int | str | None) -> str:
    """Return the namespace of a server; a socket in the file system belongs to this host."""
    named = "localhost" if not host or host.startswith(("/", "@")) else host
    return f"{scheme}://{f'[{named}]' if ':' in named else named}:{port}"


def of_connection(connection: Any) -> Database | None:
    """Return what `remember` kept with a connection."""
    known: Database | None = getattr(connection, DATABASE, None)
    return _beside.get(connection) if known is None and _beside else known


def remember(connection: Any, database: Database) -> Database:
    """Keep with a connection what it speaks to.

    As an attribute, and never by its ``__dict__``: CPython 3.11 and 3.12 make one for an object when it is asked for,
    and the driver's own access to its attributes is slower from then on.
    """
    try:
        setattr(connection, DATABASE, database)
    except AttributeError:
        _beside[connection] = database
    return database
