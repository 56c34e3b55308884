"""``privacylib explain`` over a spool that a real process left."""

import json
from pathlib import Path

import pytest
import yaml

from privacylib.model import Asset, Kind, Operation
from privacylib.runtime import begin, end, site_now
from tests.cli.shop import OUT, STAGED, USERS, ask, fill
from tests.watched import watched


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("explain"))


@pytest.mark.parametrize("edge", [(USERS, STAGED), (f"{USERS}->{STAGED}",), (f"{USERS} -> {STAGED}",)])
def test_an_edge_is_explained(spool: Path, edge: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    told = ask(capsys, spool, "explain", *edge)
    assert "the same work read the source before its write ended" in told
    assert "1 times by shop" in told
    assert "labels read: CONTACT; purpose: order" in told
    assert "__main__:stage" in told


def test_where_no_edge_leads_the_shortest_way_is_explained_edge_by_edge(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ask(capsys, spool, "explain", USERS, OUT)
    way = f"  {USERS}\n    -> {STAGED}\n    -> {OUT}\n"
    assert told.startswith(f"no edge leads from {USERS} to {OUT}; the shortest way (possible: no single work did it")
    assert way in told
    assert told.index(way) < told.index(f"\n{USERS} -> {STAGED}\n") < told.index(f"\n{STAGED} -> {OUT}\n")
    assert "call sites: __main__:send, __main__:stage" in told
    explained = json.loads(ask(capsys, spool, "explain", USERS, OUT, "--json"))
    assert explained["way"] == {"places": [USERS, STAGED, OUT], "witnessed": False}
    assert [(each["source"], each["sink"]) for each in explained["edges"]] == [(USERS, STAGED), (STAGED, OUT)]


def test_a_denial_is_explained_by_its_id_with_the_way_from_the_origin(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = json.loads(ask(capsys, spool, "doctor", "--json"))["breaches"]
    told = ask(capsys, spool, "explain", row["id"])
    assert told == ask(capsys, spool, "explain", OUT)
    assert told.index(USERS) < told.index(f"-> {STAGED}") < told.index(f"-> {OUT}")
    assert "stopped 0 times, let through 2 times" in told
    pasted = told.partition("what would allow it:\n")[2]
    assert yaml.safe_load(pasted) == {"assets": [{"match": OUT, "labels": ["CONTACT"]}]}
    explained = json.loads(ask(capsys, spool, "explain", row["id"], "--json"))
    assert (explained["edges"], explained["sites"], explained["other_sources"]) == ([], ["__main__:send"], 0)
    [explained] = explained["denials"]
    assert explained["way"] == {"places": [USERS, STAGED], "witnessed": True}


@pytest.mark.parametrize(
    ("what", "told"), [(["00000000"], "doctor"), ([OUT, USERS], "no edge"), (["a", "b", "c"], "takes")]
)
def test_what_is_not_there_is_a_status(
    spool: Path, what: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in ask(capsys, spool, "explain", *what, status=1)


def test_an_edge_and_a_denial_have_one_shape(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edge = json.loads(ask(capsys, spool, "explain", USERS, STAGED, "--json"))
    denial = json.loads(ask(capsys, spool, "explain", OUT, "--json"))
    assert set(edge) == set(denial) == {"edges", "sites", "other_sources", "way", "denials"}
    assert edge["way"] == {"places": [USERS, STAGED], "witnessed": True}
    assert denial["way"] == {"places": [], "witnessed": True}
    assert [each["count"] for each in edge["edges"]] == [1]
    assert (edge["sites"], edge["denials"]) == (["__main__:stage"], [])
    assert [each["asset"] for each in denial["denials"]] == [OUT]


def test_what_could_not_be_told_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Asset("sqlite", "/x/shop.db/{…}")
    with watched(tmp_path, mode="simulate"):
        site = site_now(Operation(Kind.OPAQUE, place, why="what CALL does is not known"))
        assert site is not None
        end(begin(site))
    told = ask(capsys, tmp_path / "spool", "explain", place.uri)
    assert f"what {place.uri} stands for could not be told" in told
    assert "labels held: CONTACT" in told
