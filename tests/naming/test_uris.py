"""The text form of assets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.errors import AssetNameError
from privacylib.model import Asset
from privacylib.naming import asset, file_asset, parse
from tests.strategies import assets, field_names, uris

EXAMPLES = {
    "postgres://db:5432/app.public.users": ("postgres://db:5432", "app.public.users"),
    "file:///data/x.parquet": ("file", "/data/x.parquet"),
    "s3://bucket/key": ("s3://bucket", "key"),
    "grpc://shop.Reviews/Get": ("grpc://shop.Reviews", "Get"),
    "http://host/users/{id}": ("http://host", "users/{id}"),
    "http://host/": ("http://host", ""),
    "http://[::1]:80/x": ("http://[::1]:80", "x"),
    "model://registry/ranker": ("model://registry", "ranker"),
    "duckdb:///data/w.duckdb/daily_counts": ("duckdb", "/data/w.duckdb/daily_counts"),
    "sqlite:////data/a.db/t": ("sqlite", "//data/a.db/t"),
    "bigquery://project.dataset.table": ("bigquery", "project.dataset.table"),
    "abfss://box@account.net/raw": ("abfss://box@account.net", "raw"),
}


@pytest.mark.parametrize("uri", EXAMPLES)
def test_examples_parse_into_two_parts_and_print_again(uri: str) -> None:
    found, field = parse(uri)
    assert (found.namespace, found.name, field) == (*EXAMPLES[uri], None)
    assert found.uri == uri


@given(assets, st.none() | field_names)
def test_law_printing_and_parsing_are_inverse(one: Asset, field: str | None) -> None:
    assert parse(one.at(field)) == (one, field)


@given(uris)
def test_law_an_accepted_text_prints_as_itself(uri: str) -> None:
    found, field = parse(uri)
    assert found.at(field) == uri


@given(st.text(max_size=40) | st.text("a1:/#@?.", max_size=20))
def test_law_any_text_parses_stably_or_is_refused_without_being_shown(text: str) -> None:
    try:
        found, field = parse(text)
    except AssetNameError as error:
        shown = str(error)
    else:
        shown = ""
        assert parse(found.at(field)) == (found, field)
    assert len(text) < 6 or text not in shown


@pytest.mark.parametrize("path", ["/data/public/../x", "//data/x", "/data//x", "/data/./x", "/../data/x", "/data/x/."])
def test_a_file_has_one_name_whichever_way_leads_to_it(path: str) -> None:
    assert asset(f"file://{path}") == file_asset(path) == Asset("file", "/data/x")


def test_ways_are_names_where_the_scheme_says_so() -> None:
    assert asset("s3://bucket/a/../b").name == "a/../b"


def test_credentials_are_dropped() -> None:
    assert asset("postgres://ana:secret@db:5432/app.public.users").uri == "postgres://db:5432/app.public.users"
    assert asset("redis://:secret@cache").uri == "redis://cache"
    assert asset("file://ana:secret@/data/x").uri == "file:///data/x"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("users", "no '://'"),
        ("s3:/bucket/key", "no '://'"),
        ("/data/x", "no '://'"),
        ("1s3://bucket/key", "no scheme"),
        ("jdbc:postgresql://db/x", "no scheme"),
        ("://x", "no scheme"),
        ("s3://", "ends after '://'"),
        ("redis://secret@", "ends after '://'"),
        ("s3://bucket/key#", "ends in '#'"),
        ("s3://bucket/ke\ny", "control character"),
        ("s3://bucket/\udc80", "half a character"),
    ],
)
def test_an_error_names_the_problem_and_never_the_text(text: str, problem: str) -> None:
    with pytest.raises(AssetNameError, match=problem) as caught:
        parse(text)
    assert "secret" not in str(caught.value)
