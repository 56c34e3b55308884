"""The data that the demo ships: what it is, where it comes from, and that testing is not training."""

from collections import Counter
from importlib.resources import files

from privacylib.demo.replies import REPLIES
from privacylib.demo.requests import requests

DATA = files("privacylib.demo") / "data"


def test_the_splits_share_no_request() -> None:
    assert {request.text for request in requests("train")}.isdisjoint(request.text for request in requests("test"))


def test_every_intent_has_its_examples_its_tests_and_a_reply() -> None:
    learnt = Counter(request.intent for request in requests("train"))
    tested = Counter(request.intent for request in requests("test"))
    assert set(learnt.values()) == {60}
    assert set(tested.values()) == {30}
    assert set(learnt) == set(tested) == set(REPLIES)


def test_intents_take_turns() -> None:
    assert {request.intent for request in requests("train")[: len(REPLIES)]} == set(REPLIES)


def test_licence_and_citation_go_along() -> None:
    assert "Attribution 3.0" in (DATA / "LICENSE").read_text(encoding="utf-8")
    told = (DATA / "README.md").read_text(encoding="utf-8")
    assert all(part in told for part in ("CLINC150", "Larson", "EMNLP-IJCNLP 2019", "Creative\nCommons", "changed"))


def test_it_is_small() -> None:
    assert len((DATA / "requests.json").read_bytes()) < 300_000
