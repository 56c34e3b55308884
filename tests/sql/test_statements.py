"""Which tables SQL reads and writes: by the parser, and by words alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from privacylib.memo import Memo
from privacylib.sql import engine, holds_values, lineage, statements, stripped, tables
from privacylib.sql.edges import Lineage
from privacylib.sql.words import by_words

CASES = [
    ("select email from users where id = 1", "users", "", ""),
    ("select * from app.users u join orders o on o.user_id = u.id", "app.users orders", "", ""),
    ("select * from a, b as c, d", "a b d", "", ""),
    ('select "x y" from "my table" where "from" = \'from secrets\'', "my table", "", ""),
    ("insert into log (a, b) values (?, ?)", "", "log", ""),
    ("insert or replace into log values ('from users')", "", "log", ""),
    ("insert into copies select email from users", "users", "copies", "moves"),
    ("insert into copies select email, 'x' from users", "users", "copies", ""),
    ("create table copies as select * from users", "users", "copies", "moves"),
    ("create view copies as select email from users", "users", "copies", "moves"),
    (
        "create or replace view app.copies (e) as select u.email from users u join gone",
        "users gone",
        "app.copies",
        "moves",
    ),
    ("create temp view if not exists copies as select 1", "", "copies", "moves"),
    ("create table if not exists users (id integer, email text default 'x')", "", "", ""),
    ("create index i on users (email)", "", "", ""),
    ("update users set email = ? where id = 3", "", "users", ""),
    ("update users set n = (select count(*) from orders) where n = 'x'", "orders", "users", ""),
    ("delete from users where id in (select id from gone)", "gone", "users", ""),
    ("with recent as (select * from orders) select * from recent", "orders", "", ""),
    ("with recent as (select * from orders) insert into log select * from recent", "orders", "log", "moves"),
    ("select 1; insert into a select * from b", "b", "a", ""),
    ("-- from secrets\nselect /* from other */ x from users", "users", "", ""),
    ("pragma table_info(users)", "", "", ""),
    ("begin", "", "", ""),
    ("select name from sqlite_master", "", "", ""),
    ("select x from users union select x from orders", "users orders", "", ""),
    ("explain select * from users", "", "", ""),
    ("insert into log (a) values (:from, @table, $1)", "", "log", ""),
    ("insert into log select x from users where y = :y", "users", "log", ""),
    ("select x::text from users", "users", "", ""),
    ("select x from users where j match ?", "users", "", ""),
    ("frobnicate the users", "", "", "opaque"),
]


@pytest.mark.parametrize(("text", "reads", "writes", "mark"), CASES)
@pytest.mark.parametrize("way", ["parsed", "words"])
def test_tables(text: str, reads: str, writes: str, mark: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "words":
        monkeypatch.setattr(statements, "_has_parser", lambda: False)
    else:
        pytest.importorskip("sqlglot")
    found = tables(text, "sqlite")
    expected = {"my table"} if reads == "my table" else set(reads.split())
    assert set(found.reads) == expected
    assert set(found.writes) == set(writes.split())
    assert found.opaque is (mark == "opaque")
    assert found.moves is (mark == "moves")


def test_columns_of_one_table() -> None:
    pytest.importorskip("sqlglot")
    assert tables("select email, name from users where id = ?").columns == ("email", "id", "name")
    assert tables("select * from users").columns == ()
    assert tables('select email from users where name = "canary"').columns == ()
    assert tables("select a.x from a join b on a.i = b.i").columns == ()


def test_fault_50_literals_are_dropped_before_anything_is_kept() -> None:
    text = stripped("select 'canary', 12345, \"name\", x1 from t where y = 0x1f and z = :p1 and w = $2 -- canary")
    assert text == 'select ?, ?, "name", x1 from t where y = ? and z = ? and w = ?'


def test_a_huge_statement_is_opaque() -> None:
    assert tables("select " + "x," * 100_000 + "y from t").opaque


def test_without_a_parser_words_do(tmp_path: Path) -> None:
    code = """
import sys, json
sys.modules["sqlglot"] = None
from privacylib.sql import tables
print(json.dumps(tables("insert into a select * from b").reads))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == ["b"]


def test_words_never_find_less() -> None:
    assert by_words("select trim(both from x) from t").reads == ("x", "t")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("select a from t where b = ? limit 10", False),
        ('select "a" from [t] where b = :b and c = $2', False),
        ("select a from t where b = 'canary'", True),
        ("select a from t where b = 12345", True),
        ("select a from t where b = 1.5e3", True),
        ("select a from t -- canary", True),
        ("select a from t /* canary */", True),
        (f"select {'a, ' * 4096} b from t", True),
    ],
)
def test_which_statements_hold_values(text: str, holds: bool) -> None:
    assert holds_values(text) is holds


def test_fault_22_long_statements_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlglot")
    known: Memo[tuple[int, int, str, int], Lineage] = Memo(200)
    monkeypatch.setattr(engine, "_seen", known)
    monkeypatch.setattr(engine, "_shapes", Memo[tuple[int, int, str, int], Lineage](200))
    for number in range(60):
        assert tables(f"insert into t{number} values ({', '.join('?' * 100)})").writes == (f"t{number}",)
        assert len(known) <= 20
    assert known
    assert lineage("select a from t") is lineage("select a from t")


def test_fault_50_nothing_of_a_text_is_kept_with_its_answer() -> None:
    pytest.importorskip("sqlglot")
    lineage("select email from users where name = 'canary-7'")
    kept = [repr(one) for known in (vars(engine)["_seen"], vars(engine)["_shapes"]) for one in known.items()]
    assert not any("canary-7" in one for one in kept)


def test_statements_that_differ_in_literals_share_one_answer() -> None:
    pytest.importorskip("sqlglot")
    first = lineage("select email from users where name = 'a' order by 1")
    assert lineage("select email from users where name = 'b' order by 1") is first
    assert lineage("select a, b from t order by 1") is not lineage("select a, b from t order by 2")


def test_a_literal_that_names_something_is_not_shared() -> None:
    pytest.importorskip("sqlglot")
    reads = [lineage(f"select a from read_parquet('{name}.parquet')", "duckdb").statements[0].reads for name in "xy"]
    assert reads == [("file:x.parquet",), ("file:y.parquet",)]
    copies = [lineage(f"select a as '{name}' from t", "sqlite").statements[0].columns for name in "xy"]
    assert copies == [("x",), ("y",)]
