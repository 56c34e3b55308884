"""What the policy says about assets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.labels import join
from privacylib.model import Asset, Kind, Operation
from privacylib.model.policy import Annotated, Label, Policy
from privacylib.policy.annotations import Annotation, Annotator
from privacylib.policy.engine import Engine
from tests.strategies import field_names, label_sets, policies, uris

A, B, C, NONE = frozenset("A"), frozenset("B"), frozenset("C"), frozenset[str]()
annotations = st.builds(
    Annotation, labels=st.none() | label_sets, fields=st.dictionaries(st.sampled_from("xyz"), label_sets, max_size=2)
)
some_fields = st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True).map(tuple)


def _annotator(*assets: Annotated) -> Annotator:
    return Annotator(Policy(labels={name: Label() for name in "ABC"}, assets=assets))


def test_per_key_the_first_match_from_the_top_counts() -> None:
    annotator = _annotator(
        Annotated(match="s3://b/users", region="eu"),
        Annotated(match="s3://b/*", labels=A, region="us"),
        Annotated(match="s3://**", labels=B, fields={"x": C}, retention="30d", resident=True),
    )
    assert annotator.annotation("s3://b/users") == Annotation(
        labels=A, fields={"x": C}, region="eu", retention="30d", resident=True
    )
    assert annotator.annotation("s3://b/k/l") == Annotation(labels=B, fields={"x": C}, retention="30d", resident=True)
    assert annotator.annotation("gs://b") == Annotation()


def test_an_empty_list_annotates_and_false_counts() -> None:
    annotator = _annotator(
        Annotated(match="s3://b/k", labels=NONE, resident=False), Annotated(match="**", labels=A, resident=True)
    )
    assert annotator.annotation("s3://b/k") == Annotation(labels=NONE)
    assert annotator.annotation("s3://b/k").of(()) == NONE


@pytest.mark.parametrize(
    ("annotation", "fields", "of", "accepts"),
    [
        (Annotation(), (), None, None),
        (Annotation(), ("x",), None, None),
        (Annotation(labels=A), (), A, (A,)),
        (Annotation(labels=A), ("x",), A, (A,)),
        (Annotation(labels=A), ("x", "y"), A, (A, A)),
        (Annotation(labels=A, fields={"x": B}), (), A | B, (A | B,)),
        (Annotation(labels=A, fields={"x": B}), ("x",), B, (B,)),
        (Annotation(labels=A, fields={"x": B}), ("x", "y"), A | B, (B, A)),
        (Annotation(labels=A, fields={"x": NONE}), ("x",), NONE, (NONE,)),
        (Annotation(fields={"x": B}), (), B, (B,)),
        (Annotation(fields={"x": B}), ("y",), None, None),
        (Annotation(fields={"x": B}), ("x", "y"), B, (B, NONE)),
        (Annotation(labels=NONE), (), NONE, (NONE,)),
    ],
)
def test_fields(
    annotation: Annotation,
    fields: tuple[str, ...],
    of: frozenset[str] | None,
    accepts: tuple[frozenset[str], ...] | None,
) -> None:
    assert annotation.of(fields) == of
    assert annotation.accepts(fields) == accepts


@given(annotations, some_fields)
def test_law_fields_never_have_more_than_the_whole(annotation: Annotation, fields: tuple[str, ...]) -> None:
    assert (annotation.of(fields) or NONE) <= (annotation.of(()) or NONE)


@given(annotations, some_fields)
def test_law_a_sink_takes_from_each_field_what_a_read_of_them_gives(
    annotation: Annotation, fields: tuple[str, ...]
) -> None:
    taken, given_ = annotation.accepts(fields), annotation.of(fields)
    assert (taken is None) == (given_ is None)
    assert join(*(taken or ())) == (given_ or NONE)


@given(policies, uris, field_names)
def test_law_looking_up_is_stable(policy: Policy, uri: str, field: str) -> None:
    annotator = Annotator(policy)
    first = annotator.annotation(uri)
    assert annotator.annotation(uri) is first
    assert Annotator(policy).annotation(uri) == first
    assert first.of((field,)) == first.fields.get(field, first.labels)


def test_a_field_that_the_policy_names_keeps_its_name_and_its_labels() -> None:
    policy = Policy(labels={"A": Label()}, assets=(Annotated(match="s3://b/wide", fields={"user_184467": A}),))
    operation = Operation(Kind.READ, Asset("s3://b", "wide"), ("user_184467", "user_184468"))
    found = Engine(policy).impersonal(operation)
    assert found.fields == ("user_184467", "user_{id}")
    assert {source.field: source.labels for source in Engine(policy).read_by(found)} == {
        "user_184467": A, "user_{id}": NONE,
    }  # fmt: skip
