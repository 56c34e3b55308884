"""Plans: what a text of SQL reads and writes, in the order in which it does so, field by field."""

from collections import defaultdict
from collections.abc import Iterator

from attrs import frozen

from privacylib.memo import Memo
from privacylib.sql.edges import EVERY, Statement
from privacylib.sql.schema import Schema
from privacylib.sql.statements import is_catalogue, moves, script

__all__ = ["OPAQUE", "READ", "WRITE", "Part", "Step", "plan"]

READ, WRITE, OPAQUE = "read", "write", "opaque"

ROOM = 65_536
WIDEST = 64
"""Groups of columns that a write is told in; what has more is told as a whole."""


@frozen(order=True)
class Part:
    """Name what something depends on.

    Args:
        table: The table or file.
        field: Its column; empty for all of it.
        indirect: Whether it only decides, and no value is made of it.
    """

    table: str
    field: str
    indirect: bool = False


@frozen
class Step:
    """Describe what is done to one table.

    Args:
        kind: `READ`, `WRITE`, or `OPAQUE`.
        table: Its name; empty where it cannot be told.
        fields: Its columns; none for all.
        parts: For a read what only decides; for a write what it depends on.
        parsed: Whether a write is known to depend on its parts.
        inside: Whether it depends on nothing else.
        why: For what is opaque why it cannot be told.
    """

    kind: str
    table: str
    fields: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    parsed: bool = False
    inside: bool = False
    why: str = ""


_plans: Memo[tuple[int, int, str, int, bool], tuple[Step, ...]] = Memo(ROOM)


def plan(text: str, dialect: str = "", schema: Schema | None = None, *, bound: bool = False) -> tuple[Step, ...]:
    """Return what a text does, step by step.

    Args:
        text: One statement, or several.
        dialect: Name of the dialect, as sqlglot has it.
        schema: What is known about the tables.
        bound: Whether values of the program go in with it.
    """
    key = (hash(text), len(text), dialect, 0 if schema is None else schema.number, bound)
    found = _plans.get(key)
    if found is None:
        done = script(text, dialect, schema)
        inside = moves(text) and not bound
        steps = tuple(step for one in done.statements for step in _steps(one, inside and not one.untold))
        found = _plans.keep(key, steps, sum(2 + len(step.fields) + len(step.parts) for step in steps))
    return found


def _steps(done: Statement, inside: bool) -> Iterator[Step]:
    if done.opaque:
        for name in (*done.writes, "") if done.untold or not done.writes else done.writes:
            if not is_catalogue(name):
                yield Step(OPAQUE, name, why=done.reason)
        return
    if done.untold:
        yield Step(OPAQUE, "", why=done.reason)
    for name in done.reads:
        if not is_catalogue(name):
            yield _read(name, done)
    for name in done.writes:
        yield from _writes(name, done, inside)


def _read(name: str, done: Statement) -> Step:
    mine = [edge for edge in done.edges if edge.source.table == name]
    direct = {edge.source.name for edge in mine if edge.kind.direct}
    only = {edge.source.name for edge in mine} - direct
    parts = () if EVERY in direct else tuple(sorted(_part(name, one, indirect=True) for one in only))
    return Step(READ, name, () if EVERY in direct else tuple(sorted(direct)), parts)


def _writes(name: str, done: Statement, inside: bool) -> Iterator[Step]:
    """Yield the writes of one table: one for all columns that depend on the same."""
    into: defaultdict[str, set[Part]] = defaultdict(set)
    rows: set[Part] = set()
    for edge in done.edges:
        if edge.sink.table == name and (edge.source.table != name or edge.kind.direct):
            part = _part(edge.source.table, edge.source.name, indirect=not edge.kind.direct)
            (rows if edge.sink.name == EVERY and part.indirect else into[edge.sink.name]).add(part)
    groups: defaultdict[tuple[Part, ...], list[str]] = defaultdict(list)
    for column, parts in into.items():
        groups[tuple(sorted(_directly(parts | rows)))].append(column)
    if len(groups) > WIDEST:
        every = set[Part]().union(*into.values(), rows)
        groups = defaultdict(list, {tuple(sorted(_directly(every))): [EVERY]})
    for parts, columns in sorted(groups.items(), key=lambda one: one[1]):
        yield Step(WRITE, name, () if EVERY in columns else tuple(sorted(columns)), parts, parsed=True, inside=inside)
    filled = tuple(column for column in done.columns if column not in into) if into else ()
    if not into:
        yield Step(WRITE, name)
    elif filled and EVERY not in into:
        yield Step(WRITE, name, filled)


def _directly(parts: set[Part]) -> set[Part]:
    """Return parts without those that decide and are part of the value anyway."""
    values = {(part.table, part.field) for part in parts if not part.indirect}
    return {part for part in parts if not part.indirect or (part.table, part.field) not in values}


def _part(table: str, field: str, *, indirect: bool) -> Part:
    return Part(table, "" if field == EVERY else field, indirect)
