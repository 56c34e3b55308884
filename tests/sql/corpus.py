"""Read the corpus: statements of SQL with the edges that the standard and the dialects' manuals give them.

A file of `corpus/` is a category. A case in it reads

    -- case: what it shows | dialect
    SELECT upper(name) AS who, email FROM users WHERE age > 30;
    -- users.name -> who : TRANSFORMATION
    -- users.email -> = : IDENTITY
    -- users.age -> * : FILTER

The sink `=` has the source's own name, `t.=` likewise in table `t`; `t.{a,b}` stands for `t.a, t.b`. Several
sources, sinks and kinds are combined each with each. `masked` behind the kinds: a masking function lies on every
way. Other marks are `-- schema: none`, `-- schema: t(a int, b text)` (in place of the shared one), `-- view: v AS
SELECT …`, `-- incomplete` and `-- opaque`.

What counts as what, beyond OpenLineage's own words for the columnLineage facet:

*   A value that is taken as it is stays IDENTITY also through a branch of CASE, a window frame is no such way
    (`lag`, `first_value` are TRANSFORMATION), a cast, a path into JSON, an element of an array or struct is
    TRANSFORMATION.
*   COALESCE, NULLIF, IFNULL, NVL, IF, IIF and DECODE are the CASE by which the standard or the manual defines them:
    what is tested is CONDITIONAL, what is handed out is direct.
*   DISTINCT, and a set operation without ALL, compare whole rows: GROUP_BY from every column of every operand.
    DISTINCT ON groups by its expressions. EXCEPT and INTERSECT compare rows with ALL too; only the left operand's
    values come out.
*   FILTER of an aggregate is the CASE inside it: CONDITIONAL on its column. An ORDER BY inside one is SORT on its
    column; but what an ordered-set aggregate sorts is its value: AGGREGATION.
*   `count(*)` is made of the rows of the tables below it: AGGREGATION from the `*` of each. `row_number()`,
    `rank()` and literals have no direct source; EXISTS does not look at its select list.
*   How many rows an unnested or flattened column gives is its doing: JOIN on `*` from it.
*   IN and quantified comparisons with a subquery in a select list are made of their left side, TRANSFORMATION; the
    subquery decides: FILTER on the column.
*   What decides on a direct value keeps its kind; what decides on a decision takes the kind of the outermost one: a
    window's ORDER BY in a CTE whose column is filtered outside is FILTER.
*   A conflict target compares the rows proposed with those there: FILTER on the table's `*`, as the ON of a MERGE.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from attrs import evolve, field, frozen

__all__ = ["Case", "Edge", "cases", "schema_of"]

FOLDER = Path(__file__).parent / "corpus"
HEAD = re.compile(r"-- case: (?P<name>[^|]+?)(?: \| (?P<dialect>\w+))?")
EDGE = re.compile(r"-- (?P<sources>.+?) -> (?P<sinks>.+?) : (?P<kinds>[A-Z_ ]+?)(?P<masked> masked)?")
TABLE = re.compile(r"([^\s(,]+)\(([^)]*)\)")
DIRECT = frozenset({"IDENTITY", "TRANSFORMATION", "AGGREGATION"})

Schema = dict[str, dict[str, str]]
"""Columns and their types by table."""


@frozen(order=True)
class Edge:
    """One dependence that a case expects, or a tool found: `source` and `sink` are (table, column)."""

    source: tuple[str, str]
    sink: tuple[str, str]
    kind: str
    masked: bool = False

    @property
    def direct(self) -> bool:
        return self.kind in DIRECT

    def __str__(self) -> str:
        ends = [".".join(filter(None, end)) for end in (self.source, self.sink)]
        return f"{ends[0]} -> {ends[1]} : {self.kind}{' masked' * self.masked}"


@frozen
class Case:
    """A statement (or script), and what holds of it."""

    category: str
    name: str
    dialect: str = ""
    schema: Schema | None = field(factory=dict[str, dict[str, str]])
    views: dict[str, str] = field(factory=dict[str, str])
    sql: str = ""
    edges: frozenset[Edge] = frozenset()
    complete: bool = True
    opaque: bool = False

    @property
    def id(self) -> str:
        return f"{self.category}: {self.name}"


def cases(folder: Path = FOLDER) -> list[Case]:
    """Read all cases, in the order of files and lines."""
    shared = schema_of((folder / "schema.txt").read_text())
    return [case for file in sorted(folder.glob("*.sql")) for case in _file(file, shared)]


def schema_of(text: str) -> Schema:
    """Read `t(a int, b text), u(c)`; a column without a type is text."""
    return {name: dict(_column(column) for column in columns.split(",")) for name, columns in TABLE.findall(text)}


def stored(schema: Schema, dialect: str | None) -> Schema:
    """Return the shared schema as a database of a dialect stores names: Snowflake in capitals."""
    if dialect != "snowflake":
        return schema
    return {name.upper(): {column.upper(): kind for column, kind in of.items()} for name, of in schema.items()}


def _column(text: str) -> tuple[str, str]:
    """Part `"e mail" text` or `id int`."""
    name, _, kind = text.strip().removeprefix('"').partition('" ' if '"' in text else " ")
    return name, kind or "text"


def _file(file: Path, shared: Schema) -> Iterator[Case]:
    case: Case | None = None
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if head := HEAD.fullmatch(line):
            if case:
                yield case
            case = Case(file.stem, head["name"], head["dialect"] or "", stored(shared, head["dialect"]))
        elif case and line:
            case = _line(case, line, f"{file.name}:{number}")
    if case:
        yield case


def _line(case: Case, line: str, place: str) -> Case:
    if not line.startswith("-- "):
        return evolve(case, sql=f"{case.sql}\n{line}".strip())
    if line == "-- incomplete":
        return evolve(case, complete=False)
    if line == "-- opaque":
        return evolve(case, opaque=True, complete=False)
    if line == "-- schema: none":
        return evolve(case, schema=None)
    if line.startswith("-- schema: "):
        return evolve(case, schema=schema_of(line))
    if line.startswith("-- view: "):
        name, _, query = line[len("-- view: ") :].partition(" AS ")
        return evolve(case, views={**case.views, name: query})
    return evolve(case, edges=case.edges | set(_edges(line, place)))


def _edges(line: str, place: str) -> Iterator[Edge]:
    found = EDGE.fullmatch(line)
    if not found:
        raise ValueError(f"{place}: neither an edge nor a mark: {line}")
    for source, sink, kind in product(_names(found["sources"]), _names(found["sinks"]), found["kinds"].split()):
        named = (sink[0], source[1]) if sink[1] == "=" else sink
        yield Edge(source, named, kind, bool(found["masked"]) and kind in DIRECT)


def _names(text: str) -> Iterable[tuple[str, str]]:
    for part in re.split(r", (?![^{]*})", text):
        table, _, column = _split(part)
        names = column[1:-1].split(",") if column.startswith("{") else [column]
        yield from ((table, name.strip()) for name in names)


def _split(part: str) -> tuple[str, str, str]:
    """Part a dotted name before its last name; a quoted part may hold dots."""
    pieces: list[str] = re.findall(r'"[^"]*"|\{[^}]*\}|[^."{}]+', part)
    bare = [piece.strip('"') for piece in pieces]
    return ".".join(bare[:-1]), ".", bare[-1]
