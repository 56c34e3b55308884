"""``privacylib graph`` over a spool that a real process left."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from privacylib import cli

PROGRAM = """
import sys, privacylib
privacylib.init(service="shop", spool=sys.argv[1])
with privacylib.scope("order"):
    with privacylib.read("postgres://db:5432/app.public.users", fields=("email",)): pass
    with privacylib.write("file:///data/orders.jsonl"): pass
with privacylib.scope("report"):
    with privacylib.read("file:///data/orders.jsonl"): pass
    with privacylib.write("s3://reports/daily"): pass
"""
USERS, ORDERS, REPORT = "postgres://db:5432/app.public.users#email", "file:///data/orders.jsonl", "s3://reports/daily"


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "spool"
    subprocess.run([sys.executable, "-c", PROGRAM, str(path)], check=True)
    return path


def ask(spool: Path, capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert cli.main(["graph", *arguments, "--spool", str(spool)]) == status
    return capsys.readouterr().out


def test_edges_as_json_have_the_members_of_the_contract(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges = json.loads(ask(spool, capsys, "edges", "--json"))
    assert [(edge["source"], edge["sink"]) for edge in edges] == [(ORDERS, REPORT), (USERS, ORDERS)]
    assert set(edges[0]) == {
        "source", "sink", "evidence", "labels", "purpose", "service", "decision", "count", "first_seen", "last_seen",
        "correlation_keys",
    }  # fmt: skip
    assert (edges[0]["evidence"], edges[0]["service"], edges[0]["count"]) == ("context", "shop", 1)


def test_edges_as_a_table_line_up(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, *rows = ask(spool, capsys, "edges").splitlines()
    assert head.split() == ["SOURCE", "SINK", "EVIDENCE", "LABELS", "PURPOSE", "SERVICE", "DECISION", "COUNT"]
    assert {row.index("context") for row in rows} == {head.index("EVIDENCE")}


@pytest.mark.parametrize("asset", [ORDERS, "file://**", "s3://reports/*"])
def test_edges_can_be_those_of_an_asset(spool: Path, capsys: pytest.CaptureFixture[str], asset: str) -> None:
    edges = json.loads(ask(spool, capsys, "edges", asset, "--json"))
    assert len(edges) == (1 if asset.startswith("s3") else 2)


def test_downstream_and_upstream_are_transitive(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(ask(spool, capsys, "downstream", USERS, "--json")) == [ORDERS, REPORT]
    assert USERS in json.loads(ask(spool, capsys, "upstream", REPORT, "--json"))
    assert ask(spool, capsys, "downstream", REPORT).strip() == ""


def test_path_leads_from_source_to_sink_and_says_whether_one_work_did_it(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ask(spool, capsys, "path", USERS, REPORT)
    assert told.splitlines()[0] == USERS
    assert told.index(ORDERS) < told.index(REPORT) < told.index("possible")
    found = json.loads(ask(spool, capsys, "path", USERS, ORDERS, "--json"))
    assert (len(found["steps"]), found["witnessed"]) == (1, True)


def test_no_path_is_a_status(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no path" in ask(spool, capsys, "path", REPORT, USERS, status=1)


def test_a_spool_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["graph", "edges", "--spool", str(tmp_path / "nowhere")]) == 1
    assert f"no spool at {tmp_path / 'nowhere'}; name one with --spool" in capsys.readouterr().err


def test_two_spools_make_one_graph(spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-c", PROGRAM, str(other)], check=True)
    edges = json.loads(ask(spool, capsys, "edges", "--json", "--spool", str(other)))
    assert [edge["count"] for edge in edges] == [2, 2]


@pytest.mark.parametrize("action", ["edges", "upstream", "downstream"])
def test_an_asset_that_nobody_recorded_is_told(spool: Path, capsys: pytest.CaptureFixture[str], action: str) -> None:
    assert cli.main(["graph", action, "s3://report/*", ORDERS, "--json", "--spool", str(spool)]) == 0
    told = capsys.readouterr()
    assert "no edge begins or ends in s3://report/*" in told.err
    assert ORDERS not in told.err
    json.loads(told.out)


GRADED = """
import sys, privacylib
privacylib.init(service="shop", spool=sys.argv[1])
with privacylib.scope("report"):
    with privacylib.read("file:///data/orders.jsonl"): pass
    with privacylib.write("s3://reports/daily"): pass
    with privacylib.write("s3://reports/copy", derived_from=["file:///data/orders.jsonl"]): pass
"""


def test_weaker_evidence_is_left_out_where_that_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run([sys.executable, "-c", GRADED, str(tmp_path)], check=True)
    assert ask(tmp_path, capsys, "downstream", ORDERS).splitlines() == ["s3://reports/copy", REPORT]
    assert ask(tmp_path, capsys, "downstream", ORDERS, "--evidence", "parsed").splitlines() == ["s3://reports/copy"]
    edges = json.loads(ask(tmp_path, capsys, "edges", "--json", "--evidence", "declared"))
    assert [(edge["source"], edge["sink"]) for edge in edges] == [(ORDERS, "s3://reports/copy")]
    assert ask(tmp_path, capsys, "path", ORDERS, REPORT, "--evidence", "tracked", status=1) == "there is no path\n"


def damaged(spool: Path, copy: Path, *, parity: bool) -> Path:
    """Return a copy of a spool in which a byte of the last definition is flipped."""
    shutil.copytree(spool, copy)
    [definitions] = copy.glob("*/flows.jsonl")
    data = definitions.read_bytes()
    definitions.write_bytes(data[:-9] + bytes([data[-9] ^ 0x5A]) + data[-8:])
    if not parity:
        definitions.with_name("flows.parity").unlink()
    return copy


@pytest.mark.parametrize("parity", [True, False])
def test_what_was_mended_is_told_and_what_could_not_be(
    spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], parity: bool
) -> None:
    assert cli.main(["graph", "edges", "--spool", str(damaged(spool, tmp_path / "copy", parity=parity))]) == 0
    found = capsys.readouterr()
    assert ("s3://reports/daily" in found.out) is parity
    told = [line.partition(", ")[0] for line in found.err.splitlines()]
    assert told == (
        ["1 damaged definitions were mended"]
        if parity
        else ["1 damaged records were left out", "1 operations were left out"]
    )
