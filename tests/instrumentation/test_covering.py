"""Calls that stand for what they make."""

import pytest

import privacylib
from privacylib.context import get_frame
from privacylib.instrumentation.covering import cover, covered, uncover
from privacylib.model import Asset, Kind, Operation


def _read(uri: str) -> Operation:
    return Operation(Kind.READ, Asset("s3://shop", uri))


@pytest.mark.parametrize(
    ("outer", "inner", "stands"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/part-0.csv", True),
        ("a/b", "a/b.6fD2a1", True),
        ("a/b", "a/", True),
        ("a/b", "", True),
        ("a/b", "a/bc", False),
        ("a/b", "c", False),
        ("a/b", "a/c/b", False),
    ],
)
def test_a_call_stands_for_the_same_what_is_in_it_and_where_it_lies(outer: str, inner: str, stands: bool) -> None:
    with privacylib.scope("work"):
        covering = cover([_read(outer)])
        assert covered(_read(inner)) is stands
        assert not covered(Operation(Kind.READ, Asset("file", inner)))
        uncover(covering)
        assert not covered(_read(inner))


def test_a_read_stands_for_no_write_and_a_write_for_both() -> None:
    with privacylib.scope("work"):
        write = Operation(Kind.WRITE, Asset("s3://shop", "a"))
        reading = cover([_read("a")])
        assert not covered(write)
        writing = cover([write])
        assert covered(write)
        assert covered(_read("a"))
        uncover(writing)
        uncover(reading)


def test_leaving_puts_back_what_was_there() -> None:
    with privacylib.scope("work"), privacylib.scope("inner"):
        before = get_frame()
        uncover(cover([_read("a")]))
        assert get_frame() is before


def test_calls_are_stood_for_only_where_they_carry_it_out() -> None:
    call = Operation(Kind.CALL, Asset("http://host", "shop/a"))
    with privacylib.scope("work"):
        reading = cover([_read("a")])
        assert not covered(call)
        carrying = cover([], calls=True)
        assert covered(call)
        uncover(carrying)
        assert not covered(call)
        uncover(reading)
