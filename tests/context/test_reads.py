"""Read sets: what a write depends on, and what they keep apart."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from privacylib.context import WIDEST, ReadSet, SourceSet
from privacylib.model import Asset, Source
from tests import strategies

KEY, OTHER = bytes(16), bytes(15) + b"1"

sources = st.builds(Source, asset=strategies.assets, labels=strategies.label_sets)


def numbered(number: int, labels: frozenset[str] = frozenset()) -> Source:
    return Source(Asset("s3://bucket", f"key{number}"), None, labels)


@given(st.lists(sources, max_size=20))
def test_a_read_set_only_grows(read: list[Source]) -> None:
    reads, before = ReadSet(KEY), frozenset[Source]()
    for span, source in enumerate(read, 1):
        reads.add(source, span)
        now = reads.visible().members
        assert before <= now
        assert source in now
        before = now
    assert reads.visible() is SourceSet.of(read)


@given(st.lists(st.tuples(sources, st.sampled_from(["came", "failed", "seen by another way"])), max_size=20))
def test_a_read_of_which_nothing_came_is_held_only_where_another_came(read: list[tuple[Source, str]]) -> None:
    reads, came = ReadSet(KEY), set[Source]()
    for span, (source, how) in enumerate(read, 1):
        tried = how != "seen by another way" and reads.try_out(source)
        assert tried == (how != "seen by another way" and source not in came)
        reads.add(source, span)
        assert source in reads.visible().members
        if tried:
            reads.settle(source, span, void=how == "failed")
        if how != "failed":
            came.add(source)
        assert reads.visible().members == came
        assert {each for each, _ in reads.listed()} == came
    assert reads.visible() is SourceSet.of(came)


def test_a_read_is_not_taken_back_where_another_one_of_its_source_was_begun_meanwhile() -> None:
    for tried in (True, False):
        reads = ReadSet(KEY)
        assert reads.try_out(numbered(1))
        assert not tried or reads.try_out(numbered(1))  # before either is added
        reads.add(numbered(1), 2)
        reads.add(numbered(1), 1)
        reads.settle(numbered(1), 2, void=False) if tried else None
        reads.settle(numbered(1), 1, void=True)
        assert reads.visible().members == {numbered(1)}


def test_no_write_links_to_a_read_of_which_nothing_came() -> None:
    reads = ReadSet(KEY)
    reads.add(numbered(1), 1)
    assert reads.try_out(numbered(2))
    reads.add(numbered(2), 2)
    assert reads.links()[0] == [1, 2]
    reads.settle(numbered(2), 2, void=True)
    assert reads.links()[0] == [1]
    reads.add(numbered(2), 3)
    assert reads.links()[0] == [1, 3]


def test_threads_lose_no_read_while_others_are_taken_back() -> None:
    reads, threads = ReadSet(KEY), list[threading.Thread]()

    def work(mine: int) -> None:
        for number in range(200):
            source, other = numbered(number), numbered(1000 + mine * 1000 + number)
            span = 1 + mine * 1000 + number
            tried = reads.try_out(source)
            reads.add(source, span)
            if tried:
                reads.settle(source, span, void=mine != 0)
            reads.add(other, span)
            assert other in reads.visible().members

    for mine in range(4):
        threads.append(threading.Thread(target=work, args=(mine,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads.visible().members >= {numbered(number) for number in range(200)}
    assert len(reads.visible().members) == 1000


def test_the_latest_read_of_a_source_is_linked() -> None:
    reads = ReadSet(KEY)
    for span in (1, 2, 3):
        reads.add(numbered(span % 2), span)
    assert sorted(reads.links()[0]) == [2, 3]


def test_links_of_other_keys_are_foreign() -> None:
    process, reads = ReadSet(OTHER), None
    process.add(numbered(1), 7)
    reads = ReadSet(KEY, process)
    reads.add(numbered(2), 8)
    reads.add(numbered(3), (OTHER, 9))
    assert reads.links() == ([8], [(OTHER, 9), (OTHER, 7)])


def test_isolated_siblings_see_above_and_not_each_other() -> None:
    parent = ReadSet(KEY)
    parent.add(numbered(0), 1)
    one, two = ReadSet(KEY, parent), ReadSet(KEY, parent)
    one.add(numbered(1), 2)
    one.give_back()
    assert two.visible().members == {numbered(0)}
    assert parent.visible().members == {numbered(0), numbered(1)}
    assert parent.own.members == {numbered(0)}
    assert ReadSet(KEY, parent).visible().members == {numbered(0)}


def test_what_was_returned_to_an_isolated_scope_is_returned_on() -> None:
    top = ReadSet(KEY)
    middle = ReadSet(KEY, top)
    inner = ReadSet(KEY, middle)
    inner.add(numbered(1), 1)
    inner.give_back()
    middle.give_back()
    assert top.visible().members == {numbered(1)}
    assert sorted(top.links()[0]) == [1]


def test_what_is_read_after_it_was_given_back_is_returned_too() -> None:
    top = ReadSet(KEY)
    middle = ReadSet(KEY, top)
    inner, sibling = ReadSet(OTHER, middle), ReadSet(KEY, top)
    middle.give_back()
    inner.give_back()
    inner.add(numbered(1), 1)
    middle.add(numbered(2), 2)
    assert middle.visible().members == top.visible().members == {numbered(1), numbered(2)}
    assert top.links() == ([2], [(OTHER, 1)])
    assert (top.own.members, sibling.visible().members) == (set(), set())


def test_a_wide_table_that_was_given_back_returns_namespaces() -> None:
    parent = ReadSet(KEY)
    reads = ReadSet(KEY, parent)
    for number in range(WIDEST + 1):
        reads.add(numbered(number), number + 1)
    reads.give_back()
    reads.add(Source(Asset("gs://other", "x"), None, frozenset({"D"})), 5001)
    assert {source.uri for source in parent.visible().members} == {"s3://bucket/{…}", "gs://other/{…}"}


def test_nothing_is_lost_that_is_read_while_it_is_given_back() -> None:
    for _ in range(20):
        parent = ReadSet(KEY)
        reads, begun = ReadSet(KEY, parent), threading.Event()

        def read(reads: ReadSet = reads, begun: threading.Event = begun) -> None:
            for number in range(60):
                reads.add(numbered(number), number + 1)
                begun.set()

        thread = threading.Thread(target=read)
        thread.start()
        begun.wait()
        reads.give_back()
        thread.join()
        assert len(parent.visible().members) == 60


def test_above_1024_sources_namespaces_are_named_and_labels_stay() -> None:
    reads = ReadSet(KEY)
    for number in range(WIDEST):
        reads.add(numbered(number, frozenset({"A"} if number else {"B"})), number + 1)
    assert len(reads.visible().members) == WIDEST
    reads.add(numbered(WIDEST, frozenset({"C"})), 5000)
    reads.add(Source(Asset("gs://other", "x"), None, frozenset({"D"})), 5001)
    found = reads.visible()
    assert {source.uri for source in found.members} == {"s3://bucket/{…}", "gs://other/{…}"}
    assert found.labels == {"A", "B", "C", "D"}
    assert {"A"} in [source.labels for source in found.members]


def test_above_1024_namespaces_the_set_stays_right() -> None:
    reads = ReadSet(KEY)
    for number in range(WIDEST + 1):
        reads.add(Source(Asset(f"http://host{number}", "/x")), number + 1)
    assert {source.asset.name for source in reads.visible().members} == {"{…}"}


def test_a_wide_set_is_named_once_and_not_at_each_write() -> None:
    reads = ReadSet(KEY)
    for number in range(3 * WIDEST):
        reads.add(Source(Asset(f"s3://bucket{number}", "key"), None, frozenset()), number)
    named = reads.visible()
    assert len(named.members) == 3 * WIDEST
    assert reads.visible() is named, "named again"
    assert len(reads.links()[0]) <= 128
    reads.add(Source(Asset("s3://another", "key"), None, frozenset("A")), 1)
    assert reads.visible().labels == {"A"}


def test_threads_that_read_at_once_lose_nothing() -> None:
    reads = ReadSet(KEY)
    begin = threading.Barrier(4)

    def read(first: int) -> None:
        begin.wait()
        for number in range(first, WIDEST, 4):
            reads.add(numbered(number), number + 1)

    threads = [threading.Thread(target=read, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads.visible().members == {numbered(number) for number in range(WIDEST)}


def test_unknown_and_its_reason_are_held() -> None:
    reads = ReadSet(KEY)
    reads.add(Source(Asset("context", "carried"), None, frozenset(), "expired"), 0)
    assert reads.visible().unknown == "expired"
