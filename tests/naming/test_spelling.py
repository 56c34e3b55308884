"""One spelling for each place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import privacylib
from privacylib.families.messaging.kafka import broker
from privacylib.model import Asset
from privacylib.naming import asset, host_and_port, templated, url_asset
from privacylib.propagation.audience import host_of
from privacylib.propagation.ingress import is_local
from privacylib.testing import capture


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("postgres://DB:5432/app.public.Users", "postgres://db:5432/app.public.Users"),
        ("postgres://db.:5432/app.public.users", "postgres://db:5432/app.public.users"),
        ("mysql://DB.Example.ORG.:3306/app.users", "mysql://db.example.org:3306/app.users"),
        ("redis://Cache:6379/0/user:{id}", "redis://cache:6379/0/user:{id}"),
        ("mongodb://Docs.:27017/app.users", "mongodb://docs:27017/app.users"),
        ("kafka://B1:9092,B2.:9092/Clicks", "kafka://b1:9092,b2:9092/Clicks"),
        ("amqp://MQ:5672/Tasks", "amqp://mq:5672/Tasks"),
        ("HTTP://Host.:80/Users", "http://host/Users"),
        ("https://host:443/x", "https://host/x"),
        ("https://host:80/x", "https://host:80/x"),
        ("http://[FE80::A]:8080/x", "http://[fe80::a]:8080/x"),
        ("postgres://DB.", "postgres://db"),
        ("http://host/x/../users/7", "http://host/users/{id}"),
        ("http://host/./users/7/.", "http://host/users/{id}/"),
        ("http://host/../../x/..", "http://host/"),
        ("http://host/a/.../b..c", "http://host/a/.../b..c"),
        # what no host is, or no path, keeps its letters and dots
        ("s3://Bucket./a/../b", "s3://Bucket./a/../b"),
        ("grpc://Shop.Reviews/Get", "grpc://Shop.Reviews/Get"),
        ("model://Registry/M", "model://Registry/M"),
        ("redis://h:6379/0/a/../b", "redis://h:6379/0/a/../b"),
    ],
)
def test_a_place_has_one_spelling(given_: str, kept: str) -> None:
    one = templated(asset(given_))
    assert one.uri == kept
    assert templated(one) == one


@pytest.mark.parametrize("path", ["/x/../users/7", "/x/%2e%2e/users/7", "/./users/7", "/users/x/../7"])
def test_what_a_client_sends_is_named_as_where_it_leads(path: str) -> None:
    assert url_asset(f"http://Host.:80{path}").uri == "http://host/users/{id}"


def segments() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(["a", "b", ".", "..", "...", ""]), max_size=6).map("/".join)


@given(segments())
def test_law_no_dot_segment_is_left_and_doing_it_again_changes_nothing(path: str) -> None:
    once = templated(Asset("http://h", path))
    assert not {".", ".."} & set(once.name.split("/"))
    assert templated(once) == once


def test_what_code_declares_and_what_a_driver_connects_to_is_one_asset() -> None:
    with capture() as seen, privacylib.scope("s"):
        for host in ("DB", "db.", "db"):
            with privacylib.read(f"postgres://{host}:5432/app.public.users"):
                pass
        with privacylib.write("file:///out", derived_from=("postgres://Db:5432/app.public.users",)):
            pass
    assert {each.asset for each in seen.of("READ")} == {"postgres://db:5432/app.public.users"}
    assert seen.pairs == {("postgres://db:5432/app.public.users", "file:///out")}


def test_the_first_of_several_brokers_is_the_same_however_they_are_written() -> None:
    assert broker("B:9092,a.:9092") == broker(["a:9092", "b:9092"]) == ("a", "9092")


def test_a_host_is_compared_in_that_spelling() -> None:
    assert host_of("http://Shop.:8080/x") == host_of("http://shop:8080/x") == "shop:8080"
    assert is_local("Localhost.:50051")
    assert is_local("http://localhost./x")
    assert [host_and_port(text) for text in ("a..", "a:80.", "127.0.0.1.:1")] == ["a..", "a:80.", "127.0.0.1:1"]
