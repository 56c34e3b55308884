"""The lattice: joins, meets and what covers what, as laws."""

from hypothesis import given
from hypothesis import strategies as st

from privacylib.labels import applies, covers, join, meet, uncovered
from tests.strategies import label_sets, labels

admitted = st.none() | label_sets


def test_a_label_covers_itself_and_what_is_beneath_and_nothing_that_merely_starts_like_it() -> None:
    assert covers("CONTACT", "CONTACT")
    assert covers("CONTACT", "CONTACT.EMAIL")
    assert not covers("CONTACT.EMAIL", "CONTACT")
    assert not covers("CONTACT", "CONTACTLESS")


def test_a_rule_applies_upwards_and_downwards_but_not_sideways() -> None:
    assert applies("CONTACT.EMAIL", "CONTACT")
    assert applies("CONTACT", "CONTACT.EMAIL")
    assert not applies("CONTACT.EMAIL", "CONTACT.PHONE")


@given(labels, labels, labels)
def test_law_covers_is_a_partial_order(a: str, b: str, c: str) -> None:
    assert covers(a, a)
    assert not (covers(a, b) and covers(b, a)) or a == b
    assert not (covers(a, b) and covers(b, c)) or covers(a, c)


@given(label_sets, label_sets, label_sets)
def test_law_join_is_associative_commutative_and_idempotent(
    a: frozenset[str], b: frozenset[str], c: frozenset[str]
) -> None:
    assert join(a, join(b, c)) == join(join(a, b), c)
    assert join(a, b) == join(b, a)
    assert join(a, a) == a


@given(admitted, admitted, admitted)
def test_law_meet_is_associative_commutative_and_idempotent_in_what_it_admits(
    a: frozenset[str] | None, b: frozenset[str] | None, c: frozenset[str] | None
) -> None:
    def admits(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
        return other is None or (one is not None and not uncovered(one, other))

    for one, other in ((meet(a, b), meet(b, a)), (meet(a, meet(b, c)), meet(meet(a, b), c)), (meet(a, a), a)):
        assert admits(one, other)
        assert admits(other, one)


@given(label_sets, admitted, admitted)
def test_law_meet_admits_what_both_admit(
    held: frozenset[str], a: frozenset[str] | None, b: frozenset[str] | None
) -> None:
    both = meet(a, b)
    each = all(one is None or not uncovered(held, one) for one in (a, b))
    assert each == (both is None or not uncovered(held, both))


@given(label_sets, label_sets, label_sets)
def test_law_joining_the_sink_never_uncovers_and_joining_what_is_held_never_covers(
    held: frozenset[str], by: frozenset[str], more: frozenset[str]
) -> None:
    assert uncovered(held, join(by, more)) <= uncovered(held, by)
    assert uncovered(held, by) <= uncovered(join(held, more), by)
