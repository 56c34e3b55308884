"""Names that are alike have one template, and it is the one that each has by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset
from privacylib.naming import impersonal
from privacylib.naming.likeness import FILLED, likeness
from privacylib.naming.templates import _worked_out  # pyright: ignore[reportPrivateUsage] - what names alike share

WORDS = (
    "user", "page", "order", "v2", "part", "session", "year", "dd", "ip", "00", "0", "cd", "ab", "", "x-1", "-5",
    "12.5", "a.b", "{id}", "sk_live", "00491512345", "port", "year_5", "table_7", "2024", "1999", "31", "12", "Ä",
)  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.from_regex("[0-9]{1,18}", fullmatch=True),
    st.from_regex("[0-9a-f]{2,64}", fullmatch=True),
    st.uuids().map(str),
)
NAMES = st.lists(st.tuples(PIECES, st.sampled_from(":/=,;&|")), min_size=1, max_size=8).map(
    lambda pieces: "".join(piece + by for piece, by in pieces)
)


@given(NAMES)
def test_what_is_alike_has_the_template_of_each(name: str) -> None:
    alike = likeness(name)
    shared = _worked_out(alike, False, True)
    assert FILLED in shared or shared == _worked_out(name, False, True)


@pytest.mark.parametrize(
    ("names", "template"),
    [
        (("user:17:email", "user:99:email"), "user:{id}:email"),
        (("session:0f36c9a1b2c3d4e5", "session:1f36c9a1b2c3d4e5"), "session:{token}"),
        (("cart:6f1c8d3e-0000-4000-8000-9a2b3c4d5e6f", "cart:1f1c8d3e-0000-4000-8000-9a2b3c4d5e6f"), "cart:{uuid}"),
    ],
)
def test_names_of_one_kind_are_alike(names: tuple[str, str], template: str) -> None:
    assert likeness(names[0]) == likeness(names[1])
    assert {impersonal(Asset("key", name)).name for name in names} == {template}


@pytest.mark.parametrize("name", ["page:3", "part:12/file", "day/2024/05/17", "0049/1512345678"])
def test_numbers_that_count_or_date_are_told_by_themselves(name: str) -> None:
    assert impersonal(Asset("key", name)).name == _worked_out(name, False, True)
