"""A label is not lost where the name that it was given to becomes a template."""

from functools import partial

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import privacylib
from privacylib.labels import join
from privacylib.model import NO_ZONE, Asset
from privacylib.model.policy import Annotated, Label, Naming, Policy
from privacylib.naming import Glob, asset, templated
from privacylib.policy.annotations import Annotator
from privacylib.policy.engine import Engine
from privacylib.policy.kept import forms
from privacylib.policy.loading import parse
from privacylib.testing import capture
from tests.strategies import label_sets

A, B, NONE = frozenset("A"), frozenset("B"), frozenset[str]()
UUID = "123e4567-e89b-12d3-a456-426614174000"
LONG = "s3://b/" + "part/" * 20 + "secret/" + "more/" * 20 + "x.csv"


def annotator(*entries: Annotated, naming: tuple[Naming, ...] = ()) -> Annotator:
    return Annotator(Policy(labels={name: Label() for name in "AB"}, assets=entries, naming=naming))


def kept(name: str, naming: tuple[Naming, ...] = ()) -> str:
    return templated(asset(name), naming).uri


@pytest.mark.parametrize(
    ("match", "name"),
    [
        ("file:///data/4711.csv", "file:///data/4711.csv"),
        ("file:///data/*/4711.csv", "file:///data/eu/4711.csv"),
        ("file:///**/4711/*.csv", "file:///a/b/4711/x.csv"),
        ("file:///data/ana@example.org", "file:///data/ana@example.org"),
        ("file:///data/*@example.org", "file:///data/bo@example.org"),
        ("file:///data/*.csv", "file:///data/ana@example.org.csv"),
        ("file:///data/report-*", "file:///data/report-ana@example.org"),
        ("file:///data/report-**", "file:///data/report-ana@example.org/a/b"),
        ("file:///data/**.csv", "file:///data/a/ana@example.org.csv"),
        (f"s3://b/{UUID}/*", f"s3://b/{UUID}/x"),
        ("s3://*/2026-11-29/**", "s3://b/2026-11-29/a/b"),
        ("s3://b/**/secret/**", LONG),
        ("**/4711.csv", "file:///a/4711.csv"),
        ("*://b/users/*@example.org", "s3://b/users/ana@example.org"),
        ("s3://b/12*/x", f"s3://b/{UUID}/x"),
    ],
)
def test_an_entry_that_matches_what_was_named_holds_for_what_is_kept(match: str, name: str) -> None:
    assert Glob(match).matches(name)
    assert not Glob(match).matches(kept(name)), "nothing to show"
    below = Annotated(match="**", labels=NONE)
    assert annotator(Annotated(match=match, labels=A), below).annotation(kept(name)).of(()) == A


NAMING = (Naming(match="s3://photos/*/**", as_="s3://photos/{user}/{…}"),)


def test_so_does_one_whose_names_the_policy_itself_makes_a_template_of() -> None:
    secret = Annotated(match="s3://photos/ana/**", labels=A)
    every = Annotated(match="s3://photos/**", labels=B)
    name = kept("s3://photos/ana/1.jpg", NAMING)
    assert annotator(secret, every, naming=NAMING).annotation(name).of(()) == A | B
    assert annotator(secret, naming=NAMING).annotation(name).of(()) == A
    assert annotator(every, secret, naming=NAMING).annotation(name).of(()) == B  # the first from the top is for all


@pytest.mark.parametrize(
    ("match", "name"),
    [
        ("http://h/users/me", "http://h/users/4711"),
        ("file:///data/secret.csv", "file:///data/4711.csv"),
        ("file:///data/report-*", "file:///data/4711"),
        ("s3://b/secret/**", "s3://b/4711/x"),
        ("s3://b/2026-11-29/**", "s3://b/4711/x"),
        ("s3://b/[*]/4711", "s3://b/x/4711"),
        ("postgres://*/app.public.users_*", "postgres://db:5432/app.public.mails_20261129"),
    ],
)
def test_a_name_that_cannot_be_meant_stays_as_it_is(match: str, name: str) -> None:
    assert "{" in kept(name)
    assert annotator(Annotated(match=match, labels=A)).annotation(kept(name)).of(()) is None


def test_a_sink_takes_only_what_all_that_it_may_be_take() -> None:
    none, all_ = Annotated(match="s3://b/4711", labels=NONE), Annotated(match="s3://b/**", labels=A | B)
    assert annotator(none, all_).annotation("s3://b/{id}").accepts(()) == (A | B, NONE)
    assert annotator(all_, none).annotation("s3://b/{id}").accepts(()) == (A | B,)
    assert annotator(Annotated(match="s3://b/4711", labels=A)).annotation("s3://b/{id}").accepts(()) is None


def test_fields_and_residence_count_as_well() -> None:
    one = Annotated(match="s3://b/4711", fields={"x": B}, resident=True)
    found = annotator(one, Annotated(match="s3://b/**", labels=A)).annotation("s3://b/{id}")
    assert (found.of(("x",)), found.of(("y",)), found.of(()), found.resident) == (A | B, A, A | B, True)
    assert found.accepts(("x",)) == (A, B)


def test_it_is_refused_where_it_is_read_and_where_it_would_go() -> None:
    policy = """
labels: {A: {}}
purposes: {p: {}}
assets:
  - {match: "s3://b/ana@example.org", labels: [A]}
  - {match: "s3://b/**", labels: []}
requirements: [{id: r, applies_to: [A], allow: {purposes: [p]}, mode: enforce}]
"""
    with capture(policy, mode="enforce"), privacylib.zone("p"), privacylib.scope("s"):
        with privacylib.read("s3://b/ana@example.org"):
            assert privacylib.current().labels == {"A"}
        with pytest.raises(privacylib.PolicyDenied), privacylib.write("s3://b/out"):
            pass


def test_a_refusal_says_why_a_template_has_labels_and_its_remedy_counts_alone() -> None:
    policy = """
labels: {A: {}}
purposes: {p: {}}
assets:
  - {match: "s3://b/4711", labels: []}
  - {match: "s3://b/**", labels: [A]}
"""
    write = partial(Engine.write, asset=Asset("s3://b", "{id}"), fields=(), labels=A, zone=NO_ZONE)
    denied = write(Engine(parse(policy, "policy.yaml")))
    assert "single names that are kept as this template" in denied.reason
    told = yaml.safe_load(denied.remedy)["assets"]
    assert write(Engine(parse(policy.replace("assets:", f"assets:\n  - {told[0]}"), "pasted.yaml"))).allowed


_words = st.sampled_from(
    ("data", "4711", "ana@example.org", "x-4711.csv", "r-ana@example.org", "secret.csv", UUID, "2026-11-29", "a_1")
)
_names = st.lists(_words, min_size=1, max_size=4).map(lambda words: "s3://b/" + "/".join(words))


@st.composite
def _patterns(draw: st.DrawFn) -> tuple[str, str]:
    """Return a name with a pattern that matches it: some of its words, or a part of one, are wildcards."""
    name = draw(_names)
    words = name.removeprefix("s3://b/").split("/")
    made = [draw(st.sampled_from((word, "*", word[:2] + "*", "*" + word[-3:]))) for word in words]
    end = draw(st.sampled_from(("", "**")))
    pattern = "s3://b/" + "/".join([*made[:-1], end or made[-1]])
    return name, pattern


@given(_patterns(), label_sets, st.lists(st.tuples(_patterns(), label_sets), max_size=3))
def test_law_no_label_is_lost_where_a_name_becomes_a_template(
    meant: tuple[str, str], labels: frozenset[str], others: list[tuple[tuple[str, str], frozenset[str]]]
) -> None:
    name, pattern = meant
    entries = [Annotated(match=pattern, labels=labels)]
    for (_, other), more in others:
        entries.append(Annotated(match=other, labels=more))
    first = next(entry for entry in entries if Glob(entry.match).matches(name))
    held = annotator(*entries).annotation(kept(name)).of(())
    assert (first.labels or NONE) <= (held or NONE)


@given(_patterns())
def test_law_what_is_kept_differs_from_what_the_pattern_itself_matches(meant: tuple[str, str]) -> None:
    name, pattern = meant
    assert not any(Glob(pattern).covers(form) for form in forms(pattern, ()))
    assert Glob(pattern).matches(kept(name)) or any(Glob(form).matches(kept(name)) for form in forms(pattern, ()))


def test_nothing_else_is_meant_where_nothing_was_templated() -> None:
    engine = Engine(Policy(labels={"A": Label()}, assets=(Annotated(match="s3://b/4711", labels=A),)))
    assert engine.sources(Asset("s3://b", "x"), ())[0].labels == join()
