"""Each statement of the corpus gives exactly the edges that are written below it.

`misses.txt` lists those that do not yet, with the reason. A listed one that is right fails here: the list only shrinks.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.sql.corpus import Case, Edge, cases

pytest.importorskip("sqlglot")
pytestmark = pytest.mark.any_python

MISSES = dict(
    line.rsplit(" | ", 1)
    for line in (Path(__file__).parent / "misses.txt").read_text().splitlines()
    if line and not line.startswith("#")
)
CASES = cases()
CATEGORIES = frozenset(case.category for case in CASES)


def wrong(case: Case) -> str:
    """Say what is not as the case expects; empty where all is."""
    from tests.sql.tools import ours

    try:
        found = ours(case)
    except Exception as error:  # noqa: BLE001 - nothing may raise, and what does is wrong
        return f"raises {type(error).__name__}"
    marks = f"complete: {found.complete}, opaque: {found.opaque}" * (
        (found.complete, found.opaque) != (case.complete, case.opaque)
    )
    return "\n".join(
        [*_lines("missing", case.edges - found.edges), *_lines("more", found.edges - case.edges), marks]
    ).strip()


def _lines(word: str, edges: frozenset[Edge]) -> list[str]:
    return [f"{word} {edge}" for edge in sorted(edges)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_edges(case: Case) -> None:
    difference = wrong(case)
    if case.id in MISSES:
        assert difference, f"{case.id} is right: take it off misses.txt"
        pytest.xfail(MISSES[case.id])
    assert not difference, f"{case.sql}\n{difference}"


def test_names_are_one_each_and_misses_are_cases() -> None:
    counted = Counter(case.id for case in CASES)
    assert [name for name, times in counted.items() if times > 1] == []
    assert MISSES.keys() <= counted.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_edges_lead_between_the_tables_that_are_read_and_written(case: Case) -> None:
    from privacylib.sql import Schema, lineage

    tables = {name: tuple(columns) for name, columns in (case.schema or {}).items()}
    for statement in lineage(case.sql, case.dialect, Schema(tables, case.views)).statements:
        known = {*statement.reads, *statement.writes, ""}
        ends = {table for edge in statement.edges for table in (edge.source.table, edge.sink.table)}
        assert {one for one in ends - known if not one.startswith("@")} == set()  # a variable is no table
