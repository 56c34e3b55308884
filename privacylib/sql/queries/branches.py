"""What decides inside an expression: CASE and its like, windows, conditions and orders of aggregates."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.values import AGGREGATED, CLEAR, TRANSFORMED

__all__ = ["RULES", "Step", "at_least"]

Step: TypeAlias = tuple[Any, int, "Dependence | None"]
"""A node, how much what it gives is changed on the way, and how it decides where it is not part of the value."""

_TEST = Dependence.CONDITIONAL


def at_least(change: int, least: int) -> int:
    """Return a change that is at least as much as another."""
    return max(change & ~CLEAR, least) | (change & CLEAR)


def _pass(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by))


def _each(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.extend((one, change, by) for one in node.expressions)


def _case(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    for branch in node.args.get("ifs") or ():
        steps.append((branch.this, change, by or _TEST))
        steps.append((branch.args["true"], change, by))
    if node.args.get("this") is not None:
        steps.append((node.this, change, by or _TEST))
    if node.args.get("default") is not None:
        steps.append((node.args["default"], change, by))


def _if(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by or _TEST))
    steps.extend((node.args[name], change, by) for name in ("true", "false") if node.args.get(name) is not None)


def _coalesce(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take COALESCE for the CASE that the standard defines it by: each but the last is tested, and each handed out."""
    choices = [node.this, *node.expressions]
    steps.extend((one, change, by) for one in choices)
    steps.extend((one, change, by or _TEST) for one in choices[:-1])


def _nullif(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by))
    steps.extend((one, change, by or _TEST) for one in (node.this, node.expression))


def _decode(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    subject, *rest = node.expressions
    steps.append((subject, change, by or _TEST))
    while len(rest) > 1:
        tested, given, *rest = rest
        steps.append((tested, change, by or _TEST))
        steps.append((given, change, by))
    steps.extend((one, change, by) for one in rest)


def _filtered(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take the FILTER of an aggregate for the CASE inside it that it is."""
    steps.append((node.this, change, by))
    steps.append((node.expression, change, by or _TEST))


def _ordered(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take the ORDER BY inside an aggregate, or that of a window."""
    if node.args.get("this") is not None:
        steps.append((node.this, change, by))
    steps.extend((one, change, by or Dependence.SORT) for one in node.expressions)


def _within(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take WITHIN GROUP: what an ordered set sorts is its value, what a list sorts by is not."""
    steps.append((node.this, change, by))
    if isinstance(node.this, (exp.GroupConcat, exp.ArrayAgg)):
        steps.append((node.expression, change, by))
    else:
        steps.extend((one, at_least(change, AGGREGATED), by) for one in node.expression.expressions)


def _having(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take the HAVING MAX of an aggregate."""
    steps.append((node.this, change, by))
    steps.append((node.expression, change, by or Dependence.SORT))


def _comprehended(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take a list comprehension, whose variable stands for what it goes through."""
    change = at_least(change, TRANSFORMED)
    steps.append((node.args["iterator"], change, by))
    parts = [(node.this, by), (node.args.get("condition"), by or _TEST)]
    for part, way in parts:
        columns = part.find_all(exp.Column) if isinstance(part, exp.Expr) else ()
        steps.extend((one, change, way) for one in columns if one.name != node.expression.name)


def _in(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    change = at_least(change, TRANSFORMED)
    steps.append((node.this, change, by))
    steps.extend((one, change, by) for one in node.expressions)
    steps.extend((one, change, by) for name in ("unnest", "field") if (one := node.args.get(name)) is not None)
    if node.args.get("query") is not None:
        steps.append((node.args["query"], change, by or Dependence.FILTER))


def _compared(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Take ANY and ALL: a subquery in them decides, an array in them is part of the value."""
    asks = isinstance(node.this, (exp.Query, exp.Tuple))
    steps.append((node.this, change, (by or Dependence.FILTER) if asks else by))


def _leave(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Leave out what depends on nothing."""


Rule: TypeAlias = Callable[[Any, int, "Dependence | None", list[Step]], None]

RULES: dict[type, Rule] = {
    exp.Alias: _pass,
    exp.Paren: _pass,
    exp.Distinct: _each,
    exp.Case: _case,
    exp.If: _if,
    exp.Nvl2: _if,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    exp.DecodeCase: _decode,
    exp.Filter: _filtered,
    exp.Order: _ordered,
    exp.Ordered: _pass,
    exp.WithinGroup: _within,
    exp.HavingMax: _having,
    exp.In: _in,
    exp.Comprehension: _comprehended,
    exp.Any: _compared,
    exp.All: _compared,
    exp.Boolean: _leave,
    exp.DataType: _leave,
    exp.Identifier: _leave,
    exp.Literal: _leave,
    exp.Null: _leave,
    exp.Placeholder: _leave,
    exp.Var: _leave,
}
"""How the nodes are taken that are more than functions of what is in them."""
