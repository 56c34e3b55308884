"""Statements by kind: which rule reads each."""

import re
from typing import Any

from sqlglot import exp

from privacylib.sql.changes import copying, creating, inserting, merging, updating, variables
from privacylib.sql.changes.commands import command
from privacylib.sql.changes.databases import WHOLE
from privacylib.sql.changes.writing import Rule, Writing
from privacylib.sql.defining import Function
from privacylib.sql.queries.columns import Queries
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.text.rewriting import function_named, prepared

__all__ = ["Changes"]


class Changes:
    """Read statements of every kind.

    Args:
        reading: The statement that is read.
    """

    __slots__ = ("_writing",)

    def __init__(self, reading: Reading) -> None:
        self._writing = Writing(reading, Queries(reading, self._inside))

    def statement(self, text: str, tree: Any) -> bool:
        """Read a statement; return whether it is of a kind that is known.

        Args:
            text: Its text.
            tree: Its tree; None where it could not be parsed.
        """
        reading = self._writing.reading
        top = Scope(reading, {}, is_top=True)
        if tree is None or WHOLE.fullmatch(text):
            reading.catalogue.by_literals = True
            unread = function_named(text)
            if unread:
                reading.catalogue.define(Function(unread, (), None, text=text), anew=False)
            return self._by_name(text, top) or command(text, self._writing, Scope(reading, {}))
        if _DYNAMIC.match(text):
            reading.catalogue.by_literals = True
        name, word = prepared(text)
        if word:
            reading.catalogue.by_literals = True
            reading.catalogue.prepared[name] = tree
        return self._tree(tree, top) or command(text, self._writing, Scope(reading, {}))

    def _by_name(self, text: str, top: Scope) -> bool:
        """Read EXECUTE of a statement that the script prepared."""
        name, word = prepared(text)
        tree = self._writing.reading.catalogue.prepared.get(name)
        return word == "EXECUTE" and tree is not None and self._tree(tree, top)

    def _tree(self, tree: Any, top: Scope) -> bool:
        reading = self._writing.reading
        if isinstance(tree, (exp.Query, exp.Pivot)):
            self._query(tree, top)
            return True
        rule = RULES.get(tree.__class__)
        if rule is not None:
            handed = rule(self._writing, tree, Scope(reading, {}))
            if handed is not None:
                self._result(handed)
        else:
            reading.kind = _NO_DATA.get(tree.__class__, "")
        return bool(reading.kind)

    def _inside(self, tree: Any, scope: Scope) -> Relation:
        """Read a statement that stands in WITH, and return what it hands out."""
        rule = RULES.get(tree.__class__)
        return (rule and rule(self._writing, tree, scope)) or Relation()

    def _query(self, tree: Any, top: Scope) -> None:
        reading, queries = self._writing.reading, self._writing.queries
        reading.kind = "SELECT"
        into = tree.args.get("into") if isinstance(tree, exp.Select) else None
        plain = variables.kept(tree, reading.names.dialect)
        relation = queries.query(plain or tree, top)
        if plain is not None:
            variables.selected(self._writing, tree, relation)
            return
        if into is None:
            self._result(relation)
        else:
            reading.kind = "CREATE TABLE"
            creating.make(self._writing, into.this, relation)

    def _result(self, relation: Relation) -> None:
        reading = self._writing.reading
        reading.pour(relation, "")


_DYNAMIC = re.compile(r"\s*(?:EXEC|PREPARE)", re.IGNORECASE)

RULES: dict[type, Rule] = {
    exp.Insert: inserting.insert,
    exp.MultitableInserts: inserting.insert_many,
    exp.Update: updating.update,
    exp.Delete: updating.delete,
    exp.TruncateTable: updating.truncate,
    exp.Merge: merging.merge,
    exp.Create: creating.create,
    exp.Cache: creating.cache,
    exp.Drop: creating.drop,
    exp.Alter: creating.alter,
    exp.Declare: creating.declare,
    exp.Copy: copying.copy,
    exp.Export: copying.export,
    exp.LoadData: copying.load,
    exp.Set: variables.assign,
}

_NO_DATA: dict[type, str] = {
    exp.Use: "USE",
    exp.Transaction: "BEGIN",
    exp.Commit: "COMMIT",
    exp.Rollback: "ROLLBACK",
    exp.Pragma: "PRAGMA",
    exp.Attach: "ATTACH",
    exp.Detach: "DETACH",
    exp.Describe: "DESCRIBE",
    exp.Show: "SHOW",
    exp.Comment: "COMMENT",
    exp.Analyze: "ANALYZE",
    exp.Grant: "GRANT",
    exp.Revoke: "REVOKE",
    exp.Kill: "KILL",
    exp.Refresh: "REFRESH",
    exp.Uncache: "UNCACHE",
}
"""Statements that move nothing."""
