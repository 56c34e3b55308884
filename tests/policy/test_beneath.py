"""What is opaque is judged by all that the policy names there."""

import itertools

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import privacylib
from privacylib.labels import join
from privacylib.model import ALLOW, NO_ZONE, Asset, Kind, Mode, Operation, PolicyDenied, Source
from privacylib.model.policy import Allow, Annotated, Label, Policy, Requirement
from privacylib.naming import Glob
from privacylib.policy.annotations import Annotator
from privacylib.policy.beneath import beneath
from privacylib.policy.engine import Engine
from privacylib.runtime import Site, begin, end, site_now
from privacylib.testing import capture
from tests.strategies import label_sets, policies, uris

A, B, C, NONE = frozenset("A"), frozenset("B"), frozenset("C"), frozenset[str]()
PLACE = "postgres://db:5432/app.{…}"
USERS = Annotated(match="postgres://*/app.public.users", labels=A, fields={"email": B})


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((), None),
        ((USERS,), A | B),
        ((USERS, Annotated(match="postgres://*/app.public.cards", labels=C)), A | B | C),
        ((Annotated(match="postgres://*/other.public.users", labels=A),), None),
        ((Annotated(match="postgres://elsewhere:5432/**", labels=A),), None),
        ((Annotated(match="**", labels=A),), A),
        ((USERS, Annotated(match="postgres://**", labels=C)), A | B | C),
        ((Annotated(match="postgres://db:5432/app.**", labels=C), USERS), C | B),
        ((Annotated(match="postgres://db:5432/app.**", labels=C, fields={}), USERS), C),
        ((USERS, Annotated(match=PLACE, labels=NONE)), NONE),
        ((USERS, Annotated(match="postgres://*/app.{…}", labels=C)), C),
        ((USERS, Annotated(match="postgres://*/app.{…}", fields={"x": C}), Annotated(match="**", labels=A)), C),
        ((USERS, Annotated(match=PLACE, region="eu")), A | B),
        ((Annotated(match="**", labels=A), Annotated(match=PLACE, labels=NONE)), A),  # never the first
    ],
)
def test_cases(entries: tuple[Annotated, ...], expected: frozenset[str] | None) -> None:
    assert beneath(PLACE, entries) == expected


_entries = st.lists(
    st.builds(
        Annotated,
        match=st.text("ab/*", min_size=1, max_size=4) | st.just("a{…}"),
        labels=st.none() | label_sets,
        fields=st.none() | st.dictionaries(st.sampled_from("xy"), label_sets, max_size=2),
    ),
    max_size=4,
)
TEXTS = ["".join(signs) for size in range(5) for signs in itertools.product("ab/", repeat=size)]


@given(_entries, st.sampled_from(("a{…}", "{…}b", "{…}", "{…}/{…}")))
def test_law_it_holds_the_labels_of_whatever_may_stand_there(entries: list[Annotated], place: str) -> None:
    policy = Policy(labels={}, assets=tuple(entries))
    found, annotation = beneath(place, entries), Annotator(policy).annotation
    if any(entry.match == "a{…}" for entry in entries):
        return  # what is annotated by itself has a test of its own
    pattern = Glob(place.replace("{…}", "**"))
    there = [annotation(text) for text in TEXTS if pattern.matches(text)]
    assert join(*(each.of(()) or NONE for each in there)) <= (found or NONE)
    meeting = [entry for entry in entries if any(pattern.matches(t) and Glob(entry.match).matches(t) for t in TEXTS)]
    everything = (join(entry.labels or NONE, *(entry.fields or {}).values()) for entry in meeting)
    assert (found or NONE) <= join(*everything)


@given(policies, uris)
def test_law_it_holds_what_its_database_holds(policy: Policy, uri: str) -> None:
    annotation = Annotator(policy).annotation
    above = annotation(f"{uri.partition('://')[0]}://{{…}}")
    assert (annotation(uri).of(()) or NONE) <= (above.of((), opaque=True) or NONE)
    assert annotation(uri).of((), opaque=True) == annotation(uri).of(())


POLICY = Policy(
    labels={name: Label() for name in "AB"},
    assets=(USERS,),
    requirements=(Requirement(id="r", applies_to=A, allow=Allow(purposes=frozenset({"p"})), mode=Mode.ENFORCE),),
)
OPAQUE = Operation(Kind.OPAQUE, Asset("postgres://db:5432", "app.{…}"))


def test_only_what_is_opaque_reads_all_that_is_beneath() -> None:
    engine = Engine(POLICY, Mode.ENFORCE)
    assert engine.read_by(OPAQUE) == (Source(OPAQUE.asset, None, A | B, opaque=True),)
    assert engine.sources(OPAQUE.asset, ()) == (Source(OPAQUE.asset),)
    assert (
        engine.write(OPAQUE.asset, (), A, NO_ZONE).reason
        == f"{OPAQUE.asset.uri} is not annotated, and A would flow into it"
    )


def test_the_reason_says_that_nobody_can_tell() -> None:
    engine, table = Engine(POLICY, Mode.ENFORCE), Asset("postgres://db:5432", "app.public.users")
    decision = engine.read(OPAQUE.asset, A, NO_ZONE)
    assert "cannot be told" in engine.opaque(OPAQUE.asset, decision).reason
    assert engine.opaque(table, decision) == decision
    assert engine.opaque(OPAQUE.asset, ALLOW) == ALLOW


def test_what_is_opaque_is_refused_before_it_runs_and_writes_what_it_reads() -> None:
    with capture(POLICY, mode="enforce") as seen:
        with pytest.raises(PolicyDenied, match="cannot be told"):
            begin(_site())
        with privacylib.zone("p"), pytest.raises(PolicyDenied) as refused:
            begin(_site())
        assert refused.value.decision.remedy == f'assets:\n  - match: "{PLACE}"\n    labels: [A, B]\n'
    assert {record.decision.verdict.value for record in seen.records} == {"DENY"}


@pytest.mark.parametrize("labels", [NONE, A | B])
def test_an_entry_for_the_name_lets_it_run(labels: frozenset[str]) -> None:
    policy = evolve(POLICY, assets=(USERS, Annotated(match="postgres://*/app.{…}", labels=labels)))
    with capture(policy, mode="enforce") as seen, privacylib.zone("p"), privacylib.scope("s"):
        end(begin(_site()))
        assert privacylib.current().labels == labels
    assert [record.decision.verdict.value for record in seen.records] == ["ALLOW"]


def _site() -> Site:
    site = site_now(OPAQUE)
    assert site is not None
    return site
