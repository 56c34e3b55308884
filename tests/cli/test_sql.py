"""``privacylib sql``: the edges of scripts, as a table and as JSON."""

import json
from pathlib import Path

import pytest

from privacylib.cli import main

pytest.importorskip("sqlglot")

SCRIPT = """
CREATE TABLE adults AS SELECT id, lower(email) AS email FROM users WHERE age > 17;
COPY (SELECT md5(email) AS mail FROM adults) TO 'out.parquet';
frobnicate the users where name = 'canary';
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "job.sql"
    file.write_text(SCRIPT)
    (tmp_path / "schema.yaml").write_text("users: [id, email, age]\n")
    return file


def test_a_table_of_edges(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", str(script), "--dialect", "duckdb", "--schema", str(script.parent / "schema.yaml")]) == 0
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert lines[0] == "STATEMENT KIND SOURCE SINK DEPENDENCE"
    assert "job.sql:1 CREATE TABLE users#age adults#* FILTER" in lines
    assert "job.sql:1 CREATE TABLE users#email adults#email TRANSFORMATION" in lines
    assert "job.sql:2 COPY adults#email file:out.parquet#mail TRANSFORMATION masked" in lines
    assert lines[-1].startswith("job.sql:3 is opaque: the parser does not know it")
    assert "canary" not in printed


def test_json_of_edges(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", str(script), "--dialect", "duckdb", "--json"]) == 0
    made, copied, opaque = json.loads(capsys.readouterr().out)
    assert (made["kind"], made["reads"], made["writes"]) == ("CREATE TABLE", ["users"], ["adults"])
    edge = {"source": {"table": "users", "name": "id"}, "sink": {"table": "adults", "name": "id"}}
    assert {**edge, "kind": "IDENTITY", "masked": False} in made["edges"]
    assert copied["writes"] == ["file:out.parquet"]
    assert opaque["opaque"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--dialect", "nosuch"], "no such dialect"),
        (["--schema", "job.sql"], "is no schema"),
        (["--schema", "gone.yaml"], "cannot be read"),
    ],
)
def test_bad_input_is_named(
    script: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(script.parent)
    assert main(["sql", "job.sql", *options]) == 1
    assert says in capsys.readouterr().err


def test_views_and_a_search_path_may_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "q.sql").write_text("SELECT * FROM adults")
    told = {
        "tables": {"app.users": ["id", "email"]},
        "views": {"adults": "SELECT email FROM users"},
        "search_path": ["app"],
    }
    (tmp_path / "s.json").write_text(json.dumps(told))
    assert main(["sql", str(tmp_path / "q.sql"), "--schema", str(tmp_path / "s.json"), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert [edge["source"] for edge in one["edges"]] == [{"table": "app.users", "name": "email"}]
