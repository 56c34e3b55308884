"""Column lineage of single statements."""

import pytest

from privacylib.sql import Column, ColumnEdge, Dependence, Schema, lineage

SHOP = {"users": ("id", "email", "name"), "orders": ("id", "user_id", "total", "day")}


def edges(text: str, dialect: str = "", schema: Schema | dict[str, tuple[str, ...]] | None = None) -> set[str]:
    """Return the edges of a script in short: ``users.email -> sink.mail IDENTITY``."""
    found = (
        edge for one in lineage(text, dialect, SHOP if schema is None else schema).statements for edge in one.edges
    )
    return {short(edge) for edge in found}


def short(edge: ColumnEdge) -> str:
    mark = " masked" if edge.masked else ""
    return f"{plain(edge.source)} -> {plain(edge.sink)} {edge.kind.value}{mark}"


def plain(column: Column) -> str:
    return f"{column.table}.{column.name}" if column.table else column.name


def test_a_join_that_is_grouped() -> None:
    text = (
        "SELECT u.email, sum(total) AS t FROM users u JOIN orders o ON o.user_id = u.id WHERE day > '2020' GROUP BY 1"
    )
    assert edges(text) == {
        "users.email -> email IDENTITY", "orders.total -> t AGGREGATION", "orders.user_id -> * JOIN",
        "users.id -> * JOIN", "orders.day -> * FILTER", "users.email -> * GROUP_BY",
    }  # fmt: skip


def test_a_query_that_is_inserted() -> None:
    text = "INSERT INTO copies (a, b) WITH q AS (SELECT * FROM users) SELECT md5(email), upper(name) FROM q"
    assert edges(text) == {"users.email -> copies.a TRANSFORMATION masked", "users.name -> copies.b TRANSFORMATION"}


def test_without_a_schema_the_result_says_so() -> None:
    (statement,) = lineage("SELECT * FROM t").statements
    assert not statement.complete
    assert {short(edge) for edge in statement.edges} == {"t.* -> * IDENTITY"}


def test_a_kind_says_whether_it_is_direct() -> None:
    assert Dependence.AGGREGATION.direct
    assert not Dependence.WINDOW.direct


def test_a_dialect_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="frobnicate"):
        lineage("SELECT 1", "frobnicate")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("MERGE INTO copies USING users AS u USING (id) WHEN MATCHED THEN UPDATE BY NAME", {"copies", "users"}),
        ("INSERT OVERWRITE TABLE a.copies SELECT FROM WHERE", {"a.copies"}),
        ("UPDATE ONLY users SET (", {"users"}),
        ("SELECT FROM FROM (users CROSS JOIN (orders LEFT days", {"users", "orders"}),
        ("DO $$ BEGIN DELETE FROM users, orders o; END $$", {"users", "orders"}),
    ],
)
def test_what_cannot_be_read_names_its_tables(text: str, tables: set[str]) -> None:
    (statement,) = lineage(text, "duckdb", SHOP).statements
    assert statement.opaque
    assert tables <= set(statement.reads)
    assert statement.reads == statement.writes


def test_each_statement_of_a_script_reads_what_is_behind_its_views() -> None:
    schema = Schema(SHOP, {"mails": "SELECT email FROM users"})
    found = lineage("SELECT * FROM mails; SELECT email FROM mails", "postgres", schema).statements
    assert [one.reads for one in found] == [("users",), ("users",)]
