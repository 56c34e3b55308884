"""Patterns of asset URIs."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privacylib.naming import Glob, Globs, escaped
from privacylib.naming.globs import literal
from tests.growing import BOUNDED, SQUARE, growth
from tests.strategies import globs, uris


@pytest.mark.parametrize(
    ("pattern", "uri", "expected"),
    [
        ("s3://b/k", "s3://b/k", True),
        ("s3://b/k", "s3://b/kk", False),
        ("s3://b/k", "xs3://b/k", False),
        ("s3://b/*", "s3://b/k", True),
        ("s3://b/*", "s3://b/", True),
        ("s3://b/*", "s3://b/k/l", False),
        ("s3://b/**", "s3://b/k/l", True),
        ("s3://b/**", "s3://b", False),
        ("s3://photos/*/**", "s3://photos/ana/2026/1.jpg", True),
        ("postgres://*/app.public.users", "postgres://db:5432/app.public.users", True),
        ("postgres://*/app.public.users", "postgres://db:5432/appxpublicxusers", False),
        ("http://**/ask", "http://web/v1/ask", True),
        ("http://**/ask", "http://web/v1/asks", False),
        ("duckdb://**/daily_counts", "duckdb:///data/w.duckdb/daily_counts", True),
        ("http://host/users/{id}", "http://host/users/{id}", True),
        ("http://host/[ab]", "http://host/a", False),
        ("http://host/[ab]", "http://host/[ab]", True),
        ("http://host/a?", "http://host/ab", False),
        ("**", "anything://at/all", True),
        ("*", "a/b", False),
        ("a***b", "a/x/b", True),
        ("**b*c", "b/xbc", True),
        ("**b*c**d", "b/xbc/d", True),
        ("a*a*b", "aaab", True),
    ],
)
def test_cases(pattern: str, uri: str, expected: bool) -> None:
    assert Glob(pattern).matches(uri) is expected


def _naive(pattern: str) -> re.Pattern[str]:
    tokens = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"*": "[^/]*", "**": ".*"}.get(t, re.escape(t)) for t in tokens), re.DOTALL)


@given(st.text("ab/*", max_size=10), st.text("ab/", max_size=12))
def test_law_it_agrees_with_plain_backtracking(pattern: str, text: str) -> None:
    assert Glob(pattern).matches(text) == bool(_naive(pattern).fullmatch(text))


@given(globs, uris)
def test_law_it_agrees_on_uris(pattern: str, uri: str) -> None:
    assert Glob(pattern).matches(uri) == bool(_naive(pattern).fullmatch(uri))


@given(uris)
def test_law_a_uri_matches_itself_and_what_is_wider(uri: str) -> None:
    assert Glob(escaped(uri)).matches(uri)
    assert Glob("**").matches(uri)
    assert Glob(escaped(uri[: len(uri) // 2]) + "**").matches(uri)


@pytest.mark.parametrize("pattern", ["**a" * 12 + "b", "*a" * 12 + "b", "**a*a*a" * 6 + "b"])
def test_a_hostile_pattern_stays_fast(pattern: str) -> None:
    glob = Glob(pattern)
    assert not glob.matches("a" * 300)
    assert growth(lambda size: [glob.matches("a" * size) for _ in range(5)], 80) < SQUARE  # short rounds


@given(st.lists(st.text("ab/*", max_size=5), max_size=8), st.text("ab/", max_size=6))
def test_law_many_at_once_agree_with_one_by_one(patterns: list[str], text: str) -> None:
    assert Globs(patterns).matching(text) == [i for i, one in enumerate(patterns) if Glob(one).matches(text)]


def test_thousands_of_patterns_cost_no_more_than_those_that_can_match() -> None:
    number = itertools.count()  # nothing is asked twice

    def match(size: int) -> None:
        for _ in range(50):
            assert many[size].matching(f"s3://bucket7/{next(number)}") == [7, size]

    many = {size: Globs([*(f"s3://bucket{one}/**" for one in range(size)), "s3://**"]) for size in (2_500, 20_000)}
    for size in many:
        match(size)  # what they look in is made at the first look
    assert growth(match, 2_500) < BOUNDED


@pytest.mark.parametrize(
    ("pattern", "uri", "expected"),
    [
        ("file:///a[*]b", "file:///a*b", True),
        ("file:///a[*]b", "file:///axb", False),
        ("file:///a[*]b", "file:///a[*]b", False),
        ("file:///a[[*]]b", "file:///a[*]b", True),
        ("file:///[*]/*/[*][*]", "file:///*/x/**", True),
        ("file:///[*]/*/[*][*]", "file:///*/x/y", False),
        ("file:///[*]**", "file:///*/x", True),
    ],
)
def test_a_star_in_brackets_is_one(pattern: str, uri: str, expected: bool) -> None:
    assert Glob(pattern).matches(uri) is expected
    assert Globs([pattern]).matching(uri) == ([0] if expected else [])


@given(st.text("a*[]/", max_size=8), st.text("a*[]/", max_size=8))
def test_law_the_pattern_of_a_name_matches_that_name_alone(name: str, other: str) -> None:
    assert literal(escaped(name)) == name
    assert Glob(escaped(name)).matches(name)
    assert Globs([escaped(name)]).matching(name) == [0]
    assert Glob(escaped(name)).matches(other) is (name == other)


@given(st.text("ab/*[]", max_size=6), st.text("ab/*[]", max_size=6), st.text("ab/*[]", max_size=6))
def test_law_what_a_covered_pattern_matches_is_matched(wide: str, narrow: str, text: str) -> None:
    if Glob(wide).covers(narrow) and Glob(narrow).matches(text):
        assert Glob(wide).matches(text)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("s3://b/*", "s3://b/*", True),
        ("s3://b/**", "s3://b/*", True),
        ("s3://b/*", "s3://b/**", False),
        ("s3://b/**/x", "s3://b**x", False),
        ("s3://b/[*]", "s3://b/*", False),
        ("s3://b/[*]", "s3://b/[*]", True),
        ("s3://b/*", "s3://b/[*]", True),
        ("**", "s3://**/x", True),
    ],
)
def test_a_pattern_covers_what_is_no_wider(wide: str, narrow: str, expected: bool) -> None:
    assert Glob(wide).covers(narrow) is expected


def _texts(longest: int) -> list[str]:
    return ["".join(signs) for size in range(longest + 1) for signs in itertools.product("ab/*", repeat=size)]


TEXTS = _texts(6)
"""All that two patterns of three signs each can need: a text that both match has no sign that neither names."""


@given(st.text("ab/*", max_size=3), st.text("ab/*", max_size=3))
@example("[*]", "*")
@example("[*]", "a")
@example("*a", "**/*")
@example("**", "[*]/")
def test_law_two_patterns_meet_where_a_text_is_matched_by_both(one: str, other: str) -> None:
    found = any(Glob(one).matches(text) and Glob(other).matches(text) for text in TEXTS)
    assert Glob(one).meets(other) is found
    assert Glob(other).meets(one) is found


@given(globs, globs, uris)
def test_law_patterns_that_match_one_uri_meet(one: str, other: str, uri: str) -> None:
    assert Glob(one).meets("**")
    assert Glob(one).meets(escaped(uri)) is Glob(one).matches(uri)
    assert Glob(one).meets(other) or not Glob(one).covers(other)


def test_hostile_patterns_that_never_meet_stay_fast() -> None:
    assert growth(lambda size: Glob("*a" * size + "b").meets("**a" * size + "c"), 10) < SQUARE
