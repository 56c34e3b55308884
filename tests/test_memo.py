"""The table of what was worked out once."""

from hypothesis import given
from hypothesis import strategies as st

from privacylib.memo import SMALL, Memo

MEMBERS = st.integers(0, 100)


@given(st.integers(SMALL, 500), st.lists(st.tuples(st.integers(0, 20), MEMBERS)))
def test_no_more_is_kept_than_there_is_room_for(room: int, entries: list[tuple[int, int]]) -> None:
    memo, weights = Memo[int, int](room), dict[int, int]()
    for question, members in entries:
        assert memo.keep(question, members, members) == members
        assert memo[question] == members  # the last one stays, however large it is
        weights[question] = SMALL + members
        assert sum(weights[known] for known in memo) <= max(room, SMALL + members)


def test_what_fits_is_kept() -> None:
    memo = Memo[int, str](4 * SMALL)
    for question in range(4):
        memo.keep(question, "answer")
    assert list(memo) == [0, 1, 2, 3]
    memo.keep(4, "answer")
    assert list(memo) == [4]
