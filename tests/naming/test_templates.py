"""Impersonal names."""

import base64
import random
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset
from privacylib.model.policy import Naming
from privacylib.naming import NAME_LIMIT, asset, templated
from tests.growing import LINEAR, growth
from tests.strategies import assets

CORPUS = Path(__file__).with_name("names.txt")


def _cases() -> list[tuple[str, str]]:
    lines = [line for line in CORPUS.read_text().splitlines() if line and not line.startswith("# ")]
    return [(given_, kept or given_) for given_, _, kept in (line.partition(" -> ") for line in lines)]


@pytest.mark.parametrize(("uri", "kept"), _cases())
def test_corpus(uri: str, kept: str) -> None:
    assert templated(asset(uri)).uri == kept


def test_the_corpus_is_large() -> None:
    assert len({given_ for given_, _ in _cases()}) >= 500


LEFT = re.compile(
    r"[\w.+-]+@[\w-]+\.(?:org|com|net|de|co|museum|рф)\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|eyJ[\w-]{8}|[0-9a-f]{16}"
    r"|(?<![0-9])[0-9]{9,}(?![0-9])|%40|AKIA|[A-Z]{2}[0-9]{2}[A-Z0-9]{11}|\+[0-9]{5}",
    re.IGNORECASE,
)
"""What identifies, as said once more in a few words."""


def test_no_name_of_the_corpus_keeps_what_identifies_and_no_ordinary_one_is_lost() -> None:
    kept = [(given_, templated(asset(given_)).uri) for given_, _ in _cases()]
    assert [uri for _, uri in kept if LEFT.search(uri)] == []
    same = sum(given_ == uri for given_, uri in kept)
    assert 200 < same < len(kept) - 200  # it has enough of both kinds


ORDINARY = ("users", "part-00001.parquet", "v2", "orders_2026", "en-US", "page:2", "resnet50", "utf-8", "index.html")


@given(st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=5), st.sampled_from("/:."))
def test_law_ordinary_words_stay_whatever_they_stand_beside(words: list[str], joint: str) -> None:
    name = joint.join(words)
    assert templated(Asset("s3://b", name)).name == name


@given(assets)
def test_law_templating_twice_changes_nothing(one: Asset) -> None:
    assert templated(templated(one)) == templated(one)


@given(st.builds(Asset, st.sampled_from(("file", "s3://b")), st.text(max_size=400)))
def test_law_names_are_bounded_and_stable_whatever_they_hold(one: Asset) -> None:
    kept = templated(one)
    assert len(kept.name) <= NAME_LIMIT
    assert templated(kept) == kept


@given(st.sampled_from(("s3://b", "file")), st.sampled_from(("/x/{}/y", "x/{}.json", "k:{}:v")), st.data())
def test_law_what_identifies_never_stays(namespace: str, place: str, data: st.DataObject) -> None:
    digits = st.integers(10**6, 10**18).map(str)
    emails = st.from_regex(r"[a-zà-ü0-9.+_-]{1,20}@[a-z0-9-]{1,9}\.(org|co\.uk|de)", fullmatch=True)
    secret = data.draw(digits | st.uuids().map(str) | emails)
    assert secret not in templated(Asset(namespace, place.format(secret))).name


def _base64(source: random.Random) -> str:
    return base64.urlsafe_b64encode(source.randbytes(24)).decode()


RANDOM: tuple[Callable[[random.Random], str], ...] = (
    _base64,
    lambda source: source.randbytes(8).hex(),
    lambda source: source.randbytes(32).hex(),
    lambda source: uuid.UUID(bytes=source.randbytes(16)).hex,
    lambda source: "".join(source.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=26)),
)


@pytest.mark.parametrize("draw", RANDOM)
def test_random_tokens_are_recognised_nearly_always(draw: Callable[[random.Random], str]) -> None:
    source = random.Random(7)  # noqa: S311 - the same thousand tokens in every run
    tokens = [draw(source) for _ in range(1000)]
    kept = [token for token in tokens if token in templated(Asset("s3://b", f"a/{token}/c")).name]
    assert len(kept) < 20


def test_the_policys_own_templates_come_first() -> None:
    rules = (
        Naming(match="s3://photos/*/**", as_="s3://photos/{user}/{…}"),
        Naming(match="s3://photos/**", as_="s3://photos/other"),
    )
    assert templated(asset("s3://photos/ana/7/x.jpg"), rules).uri == "s3://photos/{user}/{…}"
    assert templated(asset("s3://photos/x.jpg"), rules).uri == "s3://photos/other"
    assert templated(asset("s3://videos/7/x.mp4"), rules).uri == "s3://videos/{id}/x.mp4"


def test_a_rule_sees_no_credentials_and_no_query() -> None:
    rules = (Naming(match="http://host/u/*", as_="http://host/u/{user}"),)
    assert templated(Asset("http://ana:pw@host", "u/ana?full=1"), rules).uri == "http://host/u/{user}"


@pytest.mark.parametrize("part", ["a", "1", "+1", "-eyJ", "sk-", "a@", "{", "%", "1.", "aB1", ":", "2026-01"])
def test_a_hostile_name_costs_little(part: str) -> None:
    assert growth(lambda size: templated(Asset("s3://b", part * (size // len(part)))), 10_000) < LINEAR


def test_a_long_name_keeps_both_ends() -> None:
    kept = templated(Asset("s3://b", "head/" + "ab/" * 200 + "tail.csv")).name
    assert kept.startswith("head/ab/")
    assert kept.endswith("ab/tail.csv")
    assert "{…}" in kept
