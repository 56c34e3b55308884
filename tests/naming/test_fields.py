"""Impersonal names of fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.naming import impersonal_field
from tests.growing import LINEAR, growth

ORDINARY = """
id email user_id first_name address1 line_2 phone_1 contact2 guest_3 user_1_score order_17 q3 q1_2024 2024 2023_sum 12 1
sum(amount) count_star() avg(x) utf8mb4_name sha256 md5 x86_64 iso8601_at iso3166 rfc2822 covid19_rate p99 lat_50 v2
pixel784 embedding_1023 f00 user.address.zip createdAt customerIdNumber authorization_level token_count is_active_90d
W51 name:first ISBN13 price@close __index_level_0__ Straße größe 年齢 amount% max_length_in_characters
"""


PERSONAL = {
    "ana@example.org": "{email}",
    "ana@example.org_sum(amount)": "{email}_sum(amount)",
    "sum of ana@example.org": "sum of {email}",
    "ana_at_example.org": "{email}",
    "550e8400-e29b-41d4-a716-446655440000": "{uuid}",
    "550e8400-e29b-41d4-a716-446655440000_count": "{uuid}_count",
    "4021": "{id}",
    "184467": "{id}",
    "184467_sum": "{id}_sum",
    "user_184467": "user_{id}",
    "u12345": "u{id}",
    "+49 151 23456789": "{phone}",
    "123-45-6789": "{id}",
    "10.1.2.3": "{ip}",
    "2026-11-29": "{date}",
    "9f8e7d6c5b4a39281706": "{token}",
    "sk-abcdefghijklmnop1234": "{token}",
    "password=hunter2": "password={token}",
}


@pytest.mark.parametrize("name", ORDINARY.split())
def test_an_ordinary_column_keeps_its_name(name: str) -> None:
    assert impersonal_field(name) == name


@pytest.mark.parametrize("name", PERSONAL)
def test_a_column_that_data_has_named_becomes_a_template(name: str) -> None:
    assert impersonal_field(name) == PERSONAL[name]


@given(st.text(max_size=300))
def test_law_a_template_stays_as_it_is(name: str) -> None:
    kept = impersonal_field(name)
    assert impersonal_field(kept) == kept


def test_a_hostile_name_costs_little() -> None:
    assert growth(lambda size: impersonal_field("a@" * size), 10_000) < LINEAR
