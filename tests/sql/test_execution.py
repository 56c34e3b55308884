"""What a statement of the corpus gives changes only where its edges lead: seen by running it on changed data."""

import re

import pytest

from tests.sql.corpus import Case, Edge, cases
from tests.sql.execution import Database, Truth, reached, truth
from tests.sql.queries import TABLES, query

duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.library  # which of several rows an UPDATE takes differs between versions of DuckDB

RUNNABLE = ("", "duckdb", "postgres", "sqlite")


def of_case(case: Case, edges: frozenset[Edge], times: int = 1) -> Truth | None:
    """Return what is seen of a case; nothing where DuckDB cannot run it, or it gives another result each time."""
    words = set(re.findall(r"\w+", " ".join([case.sql, *case.views.values()]).lower()))
    named = {name: of for name, of in (case.schema or {}).items() if name.rsplit(".", 1)[-1].lower() in words}
    database = Database(named, case.sql, case.views, seed=len(case.sql))
    written = {edge.sink[0] for edge in edges} - {""}
    try:
        return truth(database, case.sql, edges, named, written, times)
    except (duckdb.Error, ValueError):
        return None
    finally:
        database.close()


def runnable(case: Case) -> bool:
    """Leave out dialects that DuckDB does not read, files, names that differ in case alone, plans, and endless walks.

    A plan tells how long it took, which no column decides. Changed data may close a circle, which a recursive query
    with UNION ALL walks until memory ends.
    """
    tables = {name.lower() for name in case.schema or ()}
    files = re.search(r"(?i)\b(?:copy|explain)\b", case.sql)
    endless = re.search(r"(?is)\brecursive\b.*\bunion\s+all\b", " ".join([case.sql, *case.views.values()]))
    return (
        not endless
        and case.dialect in RUNNABLE
        and 0 < len(tables) == len(case.schema or ())
        and bool(case.edges)
        and not files
    )


CASES = [case for case in cases() if runnable(case)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_changes_is_reached_by_an_edge(case: Case) -> None:
    seen = of_case(case, case.edges)
    if seen is None:
        pytest.skip("DuckDB does not run it")
    assert not seen.violations, case.sql


def test_a_part_of_them_runs_and_shows_edges() -> None:
    found = [(case, seen) for case in CASES[::25] if (seen := of_case(case, case.edges))]
    assert len(found) > 10
    assert sum(bool(seen.witnessed) for _, seen in found) > 8
    assert not [case.id for case, seen in found if seen.violations]


def test_a_missing_edge_is_seen() -> None:
    case = next(case for case in CASES if case.id == "joins: inner")
    for edge in case.edges:
        seen = of_case(case, case.edges - {edge}, times=3)
        assert seen
        assert edge.source in {source for source, _ in seen.violations}


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 80), marks=pytest.mark.slow)], ids=["some", "many"])
def test_made_up_queries(seeds: range) -> None:
    pytest.importorskip("sqlglot")
    from tests.sql.tools import ours

    runs = 0
    for seed in seeds:
        case = Case("made up", str(seed), "duckdb", TABLES, sql=query(seed))
        found = ours(case)
        assert found.complete, case.sql
        seen = of_case(case, found.edges)
        runs += seen is not None
        assert seen is None or not seen.violations, case.sql
    assert runs > 0.8 * len(seeds)


def test_edges_are_followed() -> None:
    edges = frozenset({Edge(("a", "x"), ("b", "y"), "IDENTITY"), Edge(("b", "y"), ("", "z"), "IDENTITY")})
    assert ("", "z") in reached(("a", "x"), edges)
    assert ("", "z") not in reached(("a", "w"), edges)
