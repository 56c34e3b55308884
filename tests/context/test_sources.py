"""Sets of sources: a lattice, whose members are one object each."""

from hypothesis import given
from hypothesis import strategies as st

from privacylib.context import EMPTY, SourceSet
from privacylib.context.sources import Interned
from privacylib.model import Source
from tests import strategies

sources = st.builds(Source, asset=strategies.assets, labels=strategies.label_sets)
source_sets = st.frozensets(sources, max_size=5).map(SourceSet.of)


@given(source_sets, source_sets, source_sets)
def test_union_is_a_join_of_interned_sets(one: SourceSet, two: SourceSet, three: SourceSet) -> None:
    Interned.forget()  # it must not be emptied in between, as it may be by what other tests have left there
    assert one.union(one) is one
    assert one.union(EMPTY) is one is EMPTY.union(one)
    assert one.union(two) is two.union(one)
    assert one.union(two).union(three) is one.union(two.union(three))
    assert one.union(two).labels == one.labels | two.labels


@given(source_sets, sources)
def test_one_more_is_union_with_one(held: SourceSet, source: Source) -> None:
    Interned.forget()  # as above
    assert held.plus(source) is held.union(SourceSet.of([source]))
