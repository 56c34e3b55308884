"""What a statement does, step by step: reads, and writes by the columns that depend on the same."""

import pytest

from privacylib.sql import Schema
from privacylib.sql.plans import OPAQUE, READ, WRITE, Part, Step, plan
from privacylib.sql.text.stripping import LONGEST

pytest.importorskip("sqlglot")

SHOP = Schema({"users": ("id", "email", "name", "age"), "copies": ("id", "mail")})


def test_a_query_reads_columns_and_is_decided_by_others() -> None:
    steps = plan("SELECT email FROM users WHERE age > 17 AND email <> ''", "postgres", SHOP)
    assert steps == (Step(READ, "users", ("email",), (Part("users", "age", indirect=True),)),)


def test_a_table_that_only_decides_is_read_for_that() -> None:
    steps = plan("SELECT 1 AS one FROM copies WHERE EXISTS (SELECT 1 FROM users WHERE age > 17)", "postgres", SHOP)
    assert Step(READ, "users", (), (Part("users", "age", indirect=True),)) in steps


def test_a_move_is_written_column_by_column() -> None:
    steps = plan("INSERT INTO copies SELECT id, email FROM users", "postgres", SHOP)
    assert steps[1:] == (
        Step(WRITE, "copies", ("id",), (Part("users", "id"),), parsed=True, inside=True),
        Step(WRITE, "copies", ("mail",), (Part("users", "email"),), parsed=True, inside=True),
    )


def test_what_decides_on_rows_stands_with_each_column() -> None:
    steps = plan("INSERT INTO copies (mail) SELECT email FROM users ORDER BY age LIMIT 5", "postgres", SHOP)
    parts = (Part("users", "age", indirect=True), Part("users", "email"))
    (write,) = (step for step in steps if step.kind == WRITE)
    assert (write.fields, write.parts, write.inside) == (("mail",), parts, True)


def test_a_value_of_the_program_is_not_inside() -> None:
    steps = plan("INSERT INTO copies (id, mail) SELECT id, 'x' FROM users", "postgres", SHOP)
    assert steps[1:] == (
        Step(WRITE, "copies", ("id",), (Part("users", "id"),), parsed=True),
        Step(WRITE, "copies", ("mail",)),
    )
    assert not any(step.inside for step in plan("INSERT INTO copies SELECT id, email FROM users", bound=True))


def test_values_alone_are_a_plain_write() -> None:
    assert plan("INSERT INTO copies (id, mail) VALUES (?, ?)", "sqlite") == (Step(WRITE, "copies"),)


def test_what_an_insert_hands_back_is_not_read() -> None:
    assert [step.kind for step in plan("INSERT INTO copies (mail) VALUES ($1) RETURNING id", "postgres")] == [WRITE]
    returning = "UPDATE users SET name = $1 WHERE id = $2 RETURNING email"
    assert Step(READ, "users", ("email",), (Part("users", "id", indirect=True),)) in plan(returning, "postgres", SHOP)


@pytest.mark.parametrize("text", ["RENAME TABLE a TO b, c TO d", "rename tables `a` to `b`, c to d"])
def test_tables_that_get_other_names_are_named_by_both(text: str) -> None:
    assert [(step.kind, step.table) for step in plan(text, "mysql")] == [(OPAQUE, table) for table in "abcd"]


def test_what_cannot_be_read_is_opaque_on_all_that_it_names() -> None:
    why = "the parser does not know it"
    assert plan("frobnicate INTO a FROM b") == (Step(OPAQUE, "a", why=why), Step(OPAQUE, "b", why=why))
    assert "" in {step.table for step in plan("frobnicate FROM " + ", ".join(f"t{n}" for n in range(99)))}
    assert "" in {step.table for step in plan("frobnicate FROM a " + "x" * LONGEST + " FROM b")}
    behind = plan("frobnicate * FROM ROWS FROM (f(1)) AS r, users, (SELECT 1) s, copies", "postgres")
    assert {"users", "copies"} <= {step.table for step in behind}
    assert plan("frobnicate") == (Step(OPAQUE, "", why="it is no statement"),)
    (called,) = plan("DO LANGUAGE plpgsql 'canary'", "postgres")
    assert (called.kind, called.why) == (OPAQUE, "what DO does is not known")


@pytest.mark.parametrize("text", ["SELECT f(1)", "SELECT * FROM f(1)", "INSERT INTO copies SELECT 1, f(1)"])
def test_a_function_that_nobody_can_read_may_touch_any_table(text: str) -> None:
    body = "CREATE FUNCTION f(i int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 1); END $$"
    first, *others = plan(text, "postgres", Schema(SHOP.tables, functions={"f": (body,)}))
    assert (first.kind, first.table) == (OPAQUE, "")
    assert not any(one.inside for one in others)


def test_a_function_that_is_a_query_is_looked_into() -> None:
    body = "CREATE FUNCTION f(i int) RETURNS text LANGUAGE sql AS 'SELECT email FROM users WHERE id = i'"
    (step,) = plan("SELECT f(1)", "postgres", Schema(SHOP.tables, functions={"f": (body,)}))
    assert (step.kind, step.table, step.fields) == (READ, "users", ("email",))


def test_what_runs_something_may_touch_more_than_it_names() -> None:
    steps = plan("DO $$ BEGIN INSERT INTO a SELECT * FROM b; EXECUTE 'canary'; END $$", "postgres")
    assert [(step.kind, step.table) for step in steps] == [(OPAQUE, "a"), (OPAQUE, "b"), (OPAQUE, "")]
    assert [step.table for step in plan("CALL p()", "mysql")] == [""]


IDLE = """
BEGIN; START TRANSACTION; COMMIT; END; ABORT; ROLLBACK TO SAVEPOINT a; SAVEPOINT a; RELEASE SAVEPOINT a; XA START 'x'
SET x = 1; SET NAMES utf8mb4; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; RESET ALL; SHOW TABLES; SHOW CREATE TABLE a
SHOW WARNINGS; USE shop; PRAGMA foreign_keys; EXPLAIN SELECT * FROM users; EXPLAIN QUERY PLAN SELECT 1; DESCRIBE users
LISTEN a; UNLISTEN *; DISCARD ALL; DEALLOCATE a; DEALLOCATE PREPARE a; DROP PREPARE a; FETCH 1 FROM c; MOVE 1 IN c
CLOSE c; HANDLER users OPEN; LOCK TABLE users IN SHARE MODE; LOCK TABLES a READ; UNLOCK TABLES; VACUUM users; ANALYZE a
ANALYZE TABLE a; REINDEX TABLE a; CLUSTER users; OPTIMIZE TABLE a; CHECK TABLE a; CHECKSUM TABLE a; REPAIR TABLE a
FLUSH TABLES; KILL 3; CHECKPOINT; FORCE CHECKPOINT; ATTACH 'x' AS y; DETACH y; INSTALL httpfs; LOAD httpfs; HELP 'x'
GRANT SELECT ON users TO x; REVOKE SELECT ON users FROM x; REASSIGN OWNED BY a TO b; COMMENT ON TABLE users IS 'x'
SECURITY LABEL ON TABLE x IS 'a'; START REPLICA; CREATE INDEX i ON users (a); CREATE STATISTICS s ON a, b FROM users
CREATE EXTENSION x; CREATE SERVER s FOREIGN DATA WRAPPER w; DROP TABLE users; ALTER SYSTEM SET x = 1; PREPARE a FROM @x
"""


@pytest.mark.parametrize("text", [one.strip() for one in IDLE.replace("\n", ";").split(";") if one.strip()])
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "duckdb"])
def test_what_carries_no_data_is_not_judged(text: str, dialect: str) -> None:
    assert plan(text, dialect) == ()


def test_what_a_notification_tells_goes_to_its_channel() -> None:
    assert plan("NOTIFY told, 'canary'", "postgres") == (Step(WRITE, "told"),)


def test_a_write_of_very_many_columns_is_told_as_a_whole() -> None:
    columns = [f"c{number}" for number in range(100)]
    steps = plan(f"CREATE TABLE t AS SELECT {', '.join(columns)} FROM s", "postgres")
    (write,) = (step for step in steps if step.kind == WRITE)
    assert (write.fields, len(write.parts)) == ((), 100)


def test_each_statement_of_a_script_stands_in_its_place() -> None:
    steps = plan("INSERT INTO a SELECT x FROM b; INSERT INTO c SELECT x FROM a")
    assert [(step.kind, step.table) for step in steps] == [(READ, "b"), (WRITE, "a"), (READ, "a"), (WRITE, "c")]
