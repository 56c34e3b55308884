"""Columns that a pattern, a list or a lambda chooses by their names (``COLUMNS(…)``, ``* LIKE``)."""

import fnmatch
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from sqlglot import exp

from privacylib.sql.reading import Reading

__all__ = ["Test", "chosen_by", "liked"]

Test: TypeAlias = Callable[[str], bool]
"""Tells of the name of a column whether it is chosen."""

_SAFE = re.compile(r"[\w.^$ ]*(?:[*+?][\w.^$ ]*){0,3}")
"""Patterns of column names that are tried; one that could take long to try is not."""


def chosen_by(node: Any, reading: Reading) -> Test:
    """Return what tells which columns ``COLUMNS(node)`` stands for; all, and not surely, where it cannot be worked out.

    Args:
        node: What stands in the parentheses.
        reading: The statement.
    """
    reading.catalogue.by_literals = True
    test: Test | None = None
    if isinstance(node, exp.Literal):
        test = _tried(node.name)
    elif isinstance(node, exp.Array):
        test = _listed(node.expressions, reading)
    elif isinstance(node, exp.Lambda) and len(node.expressions) == 1:
        test = _condition(node.this, node.expressions[0].name)
    if test is None:
        reading.missing("a choice of columns that cannot be worked out")
        return lambda _: True
    if any(one.is_string and one.name != one.name.lower() for one in node.find_all(exp.Literal)):
        reading.missing("a choice of columns by capitals")
    return test


def liked(pattern: str) -> Test:
    """Return what tells of a name whether it is like a pattern of ``LIKE``, whatever its case."""
    globbed = pattern.replace("[", "[[]").replace("%", "*").replace("_", "?").lower()
    return lambda name: fnmatch.fnmatchcase(name.lower(), globbed)


def _tried(pattern: str) -> Test | None:
    if not _SAFE.fullmatch(pattern):
        return None
    tried = re.compile(pattern, re.IGNORECASE)
    return lambda name: tried.search(name) is not None


def _listed(nodes: list[Any], reading: Reading) -> Test | None:
    if not all(isinstance(one, (exp.Literal, exp.Column)) for one in nodes):
        return None
    names = frozenset(reading.names.column(one if isinstance(one, exp.Literal) else one.this).lower() for one in nodes)
    return lambda name: name.lower() in names


def _condition(node: Any, variable: str) -> Test | None:
    """Return what a condition on the name of a column tells; None where it is of a kind that is not looked at."""
    if isinstance(node, exp.Paren):
        return _condition(node.this, variable)
    if isinstance(node, exp.Not):
        inner = _condition(node.this, variable)
        return None if inner is None else lambda name: not inner(name)
    if isinstance(node, (exp.And, exp.Or)):
        left, right = _condition(node.this, variable), _condition(node.expression, variable)
        if left is None or right is None:
            return None
        both = isinstance(node, exp.And)
        return lambda name: (left(name) and right(name)) if both else (left(name) or right(name))
    return _comparison(node, variable)


def _comparison(node: Any, variable: str) -> Test | None:
    if not isinstance(node.this, (exp.Identifier, exp.Column)) or node.this.name.lower() != variable.lower():
        return None
    given = node.expressions if isinstance(node, exp.In) else [node.args.get("expression")]
    if not given or not all(isinstance(one, exp.Literal) and one.is_string for one in given):
        return None
    texts = [one.name.lower() for one in given]
    rule = _RULES.get(node.__class__)
    return None if rule is None or (isinstance(node, (exp.Like, exp.ILike)) and "\\" in texts[0]) else rule(texts)


_RULES: dict[type, Callable[[list[str]], Test | None]] = {
    exp.Like: lambda texts: liked(texts[0]),
    exp.ILike: lambda texts: liked(texts[0]),
    exp.EQ: lambda texts: lambda name: name.lower() == texts[0],
    exp.NEQ: lambda texts: lambda name: name.lower() != texts[0],
    exp.In: lambda texts: lambda name: name.lower() in texts,
    exp.StartsWith: lambda texts: lambda name: name.lower().startswith(texts[0]),
    exp.EndsWith: lambda texts: lambda name: name.lower().endswith(texts[0]),
    exp.Contains: lambda texts: lambda name: texts[0] in name.lower(),
}
"""Comparisons of a name with texts."""
