"""Nothing in a text of SQL makes it raise, hang, or be forgotten."""

import logging
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacylib.sql import lineage, plans
from tests.sql.corpus import cases

pytest.importorskip("sqlglot")

pytestmark = pytest.mark.any_python

WORDS = str.split("""
    SELECT FROM WHERE JOIN ON USING GROUP BY HAVING ORDER LIMIT UNION ALL EXCEPT WITH RECURSIVE AS INSERT INTO VALUES
    UPDATE SET DELETE MERGE WHEN MATCHED THEN NOT EXISTS IN CASE ELSE END CREATE TABLE VIEW COPY TO PIVOT UNPIVOT FOR
    OVER PARTITION LATERAL UNNEST PREPARE EXECUTE DECLARE CURSOR EXPLAIN ANALYZE REPLACE CONFLICT DO RETURNING * ( ) [ ]
    { } , ; . :: ? $1 :x @v 'text' "name" a b t u 1 2.5 = < + - || -> /* */ -- NULL DISTINCT NATURAL FULL a.b t.*
    """)
TEXTS = [case.sql for case in cases()]
DIALECTS = ("", "postgres", "sqlite", "duckdb", "mysql", "spark", "bigquery", "snowflake", "tsql")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join), st.sampled_from(DIALECTS))
def test_words_in_any_order(text: str, dialect: str) -> None:
    assert all(one.kind for one in lineage(text, dialect).statements)
    assert isinstance(plans.plan(text, dialect), tuple)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.data(), st.sampled_from(DIALECTS))
def test_statements_that_are_cut_and_mended(text: str, data: st.DataObject, dialect: str) -> None:
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, len(text)))
    lineage(text[:at] + data.draw(st.text(max_size=5)) + text[to:], dialect)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    lineage(text)


DEEP = {
    "parentheses": "SELECT " + "(" * 5000 + "a" + ")" * 5000 + " FROM t",
    "subqueries": "SELECT a FROM " + "(SELECT a FROM " * 2000 + "t" + ") x" * 2000,
    "cases": "SELECT " + "CASE WHEN a THEN " * 3000 + "b" + " END" * 3000 + " FROM t",
    "nots": "SELECT a FROM t WHERE " + "NOT " * 5000 + "b",
    "minuses": "SELECT " + "- " * 5000 + "a FROM t",
    "arrays": "SELECT " + "[" * 3000 + "a" + "]" * 3000 + " FROM t",
    "cursors": "DECLARE c " + "CURSOR " * 5000,
    "creates": "CREATE " + "WITH DATA " * 5000,
    "spaces": "EXPLAIN" + " " * 90_000,
    "quotes": "EXECUTE IMMEDIATE " + "'" * 50_001,
    "too long": "SELECT a FROM t WHERE b IN (" + "1, " * 100_000 + "1)",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_too_deep_or_too_long_is_left_soon(name: str) -> None:
    began = time.process_time()
    statements = lineage(DEEP[name], "duckdb").statements
    assert not any(one.edges for one in statements)
    assert time.process_time() - began < 10, "it takes no more than a moment"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + " || ".join(["a"] * 2000) + " AS x FROM t",
        "SELECT a FROM t WHERE " + " OR ".join(["b = 1"] * 1500),
        " UNION ALL ".join(["SELECT a FROM t"] * 400),
    ],
    ids=["terms", "conditions", "branches"],
)
def test_long_chains_are_read(text: str) -> None:
    (statement,) = lineage(text).statements
    assert not statement.opaque
    assert statement.reads == ("t",)


def chained(first: str, step: str, times: int) -> str:
    """Return a query that goes through many names in WITH, each made of the one before it (``{}``)."""
    steps = (f", a{at} AS ({step.replace('{}', f'a{at - 1}')})" for at in range(1, times))
    return f"WITH a0 AS ({first}){''.join(steps)} SELECT * FROM a{times - 1}"


def again(times: int) -> str:
    """Return a recursive query inside the recursive part of another one, and so on."""
    if not times:
        return "SELECT x FROM t"
    inner = f"SELECT q.x FROM ({again(times - 1)}) AS q JOIN r{times} USING (x)"
    return f"WITH RECURSIVE r{times} AS (SELECT x FROM t UNION ALL {inner}) SELECT x FROM r{times}"


@pytest.mark.parametrize(
    "text",
    [
        chained("SELECT x, y FROM t", "SELECT p.*, q.* FROM {} AS p, {} AS q", 45),
        chained("SELECT x, y FROM t", "SELECT *, * FROM {}", 45),
        again(18),
        " UNION ".join(f"SELECT a, b FROM t{at}" for at in range(2500)),
        f"SELECT {', '.join(f'c{at}' for at in range(2000))} FROM {', '.join(f't{at}' for at in range(2000))}",
        "SELECT * FROM t " + " ".join(f"NATURAL JOIN t{at}" for at in range(2000)),
        chained(
            f"SELECT {', '.join(f'x{at} AS c{at}' for at in range(60))} FROM t",
            f"SELECT {', '.join(f'p AS c{at}' for at in range(60))} FROM {{}} AS p",
            100,
        ),
    ],
    ids=["stars", "twice", "recursion", "branches", "columns", "natural", "rows"],
)
def test_what_comes_to_too_many_columns_is_left(text: str) -> None:
    (statement,) = lineage(text).statements
    assert statement.opaque
    assert statement.reason == "it comes to too many columns"


def test_what_cannot_be_read_names_its_tables() -> None:
    (statement,) = lineage("frobnicate INTO copies FROM users, app.orders WHERE name = 'FROM secrets'").statements
    assert statement.opaque
    assert set(statement.reads) == set(statement.writes) == {"copies", "users", "app.orders"}


def test_fault_50_the_parser_says_nothing_of_a_statement(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        lineage("CALL move_users('canary')", "postgres")
    assert "canary" not in caplog.text
