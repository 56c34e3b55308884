"""Tables and views that a statement can name: those of the schema, and those that the script has made."""

from typing import Any, cast

from sqlglot import exp

from privacylib.sql.defining import Function, defined
from privacylib.sql.relations import Relation
from privacylib.sql.schema import Schema
from privacylib.sql.text.names import Names
from privacylib.sql.text.parsing import parsed

__all__ = ["Catalogue"]


class Catalogue:
    """Look tables up by the name that a statement gives them.

    Args:
        schema: What is known from outside.
        names: The case rules.
    """

    __slots__ = (
        "_by_last",
        "_columns",
        "_path",
        "_schema",
        "by_literals",
        "calling",
        "functions",
        "made",
        "names",
        "prepared",
        "views",
    )

    def __init__(self, schema: Schema, names: Names) -> None:
        self.names = names
        self._schema = schema
        self._path = tuple(names.stored(one) for one in schema.search_path)
        self._columns: dict[str, tuple[str, ...]] = {}
        self._by_last: dict[str, list[str]] = {}
        self.made: dict[str, tuple[str, ...]] = {}
        """Columns of the tables and views that the script has made."""
        self.views: dict[str, Any] = {names.stored(name): text for name, text in schema.views.items()}
        """Views by name: their text, their relation once it was asked for, None where they cannot be expanded."""
        self.by_literals = False
        """Whether a literal of the script names a file or a column."""
        self.functions: dict[str, Any] = dict(schema.functions)
        """Functions by name: the texts of their definitions, or what they do once that was asked for."""
        self.calling: set[str] = set()
        """Functions whose bodies are being read."""
        self.prepared: dict[str, Any] = {}
        """Statements that the script has prepared, by name."""
        for name, columns in schema.tables.items():
            key = name if "://" in name else names.stored(name)  # what is named by its URI is named in one way
            self._columns[key] = tuple(names.stored_column(one) for one in columns)
        for key in (*self._columns, *self.views):
            if "://" not in key:
                self._by_last.setdefault(key.rpartition(".")[2], []).append(key)

    def resolved(self, parts: tuple[str, ...]) -> str:
        """Return the full name of a table, as far as it is known."""
        name = ".".join(parts)
        if name in self.made or name in self.views or name in self._columns:
            return name
        candidates = [key for key in self._by_last.get(parts[-1], ()) if _fits(key, parts)]
        for place in self._path:
            for key in candidates:
                if key.rpartition(".")[0] == place or key.rpartition(".")[0].endswith(f".{place}"):
                    return key
        longer = [key for key in candidates if key.count(".") >= len(parts)]
        return longer[0] if len(longer) == 1 and not self._path else name

    def columns(self, name: str) -> tuple[str, ...] | None:
        """Return the columns of a table by its resolved name; None where they are not known."""
        found = self.made.get(name)
        if found is None:
            found = self._columns.get(name)
        if found is None and "." in name and "://" not in name:
            found = self._columns.get(name.rpartition(".")[2])
        return found

    @property
    def database(self) -> str:
        """Return the database in which bare names are looked for; empty where that is not known."""
        return self._path[1].partition(".")[0] if len(self._path) > 1 else ""

    def tables_of(self, database: str) -> list[str]:
        """Return the full names of the tables of a database, as far as they are known."""
        full = (name for name in self._columns if name.count(".") == 2 and "://" not in name)
        return [name for name in full if name.partition(".")[0] == database and name not in self.views]

    def view(self, name: str) -> Any:
        """Return the definition of a view, parsed, or its relation; None where there is none."""
        found = self.views.get(name)
        if isinstance(found, str):
            found = self.views[name] = parsed(found, self.names.dialect)
        return found

    def functions_of(self, name: str) -> list[Function]:
        """Return the functions of a name, as far as their definitions are known."""
        found = self.functions.get(name, [])
        if isinstance(found, tuple):
            trees = [parsed(text, self.names.dialect) for text in cast("tuple[str, ...]", found)]
            read = [defined(tree, self.names) if isinstance(tree, exp.Create) else None for tree in trees]
            found = self.functions[name] = [one or Function(name, (), None) for one in read]
        return cast("list[Function]", found)

    def define(self, function: Function, *, anew: bool) -> None:
        """Remember a function that the script defines.

        Args:
            function: The function.
            anew: Whether it stands in the place of others of its name.
        """
        before = [] if anew else self.functions_of(function.name)
        self.functions[function.name] = [*before, function]

    def make(self, name: str, columns: tuple[str, ...] | None) -> None:
        """Remember a table that the script makes."""
        self.views.pop(name, None)
        if columns is None:
            self.made.pop(name, None)
        else:
            self.made[name] = columns

    def make_view(self, name: str, relation: Relation) -> None:
        """Remember a view that the script makes."""
        self.make(name, None if relation.is_open else tuple(column for column, _ in relation.columns))
        self.views[name] = relation

    def drop(self, name: str) -> None:
        """Forget a table or view that the script drops."""
        self.made.pop(name, None)
        self.views.pop(name, None)
        self._columns.pop(name, None)

    def schema(self) -> Schema:
        """Return what is known after the script: a view that it made is told by its columns."""
        tables = {**self._columns, **self.made}
        views = {name: text for name, text in self._schema.views.items() if self._is_as_before(name)}
        functions = {name: self._definitions(name) for name in self.functions}
        return Schema(tables, views, self._schema.search_path, functions)

    def _definitions(self, name: str) -> tuple[str, ...]:
        found = self.functions[name]
        if isinstance(found, tuple):
            return cast("tuple[str, ...]", found)
        return tuple(one.text for one in self.functions_of(name))

    def _is_as_before(self, view: str) -> bool:
        name = self.names.stored(view)
        return name in self.views and name not in self.made


def _fits(key: str, parts: tuple[str, ...]) -> bool:
    """Return whether a stored name is a longer form of a written one."""
    stored = key.split(".")
    return len(stored) >= len(parts) and tuple(stored[-len(parts) :]) == parts
