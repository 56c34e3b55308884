"""Remedies: what a denial proposes, merged into the policy, allows what was denied."""

import ast
import re
from typing import Any, cast

import pytest
import yaml
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

import privacylib
from privacylib.doctor.unannotated import Unannotated, fragment
from privacylib.model import ALLOW, Asset, Kind, Mode, Operation, PolicyContext, Served, Zone
from privacylib.model.policy import Allow, Requirement
from privacylib.naming import Glob
from privacylib.policy import remedies
from privacylib.policy.annotations import Annotation, Annotator
from privacylib.policy.deciding import Question, Rules, decide
from privacylib.policy.engine import Engine
from privacylib.policy.findings import findings
from privacylib.policy.loading import parse
from privacylib.runtime import commanded, finish, serve, site_now
from privacylib.testing import capture
from tests import strategies


def where(purposes: tuple[str, ...], admitted: frozenset[str] | None, narrows: str) -> Zone:
    """Return a zone that admits less in the code, in what was brought, or in the policy."""
    ways = {
        "code": Served("http://shop/ask", (), None, purposes, admitted),
        "script": None,
        "caller": Served("http://shop/ask", purposes, admitted),
        "policy": Served("http://shop/ask", purposes),
        "command": Served("http://shop/ask", around=Served("command://shop", (), None, purposes, admitted)),
    }
    return Zone(purposes, admitted, None, ways[narrows])


zones = st.builds(
    where,
    st.lists(strategies.purposes, min_size=1, max_size=3).map(tuple),
    st.none() | strategies.label_sets,
    st.sampled_from(("code", "script", "caller", "policy", "command")),
)
questions = st.builds(
    Question,
    reading=st.booleans(),
    asset=st.just("s3://bucket/sink"),
    labels=strategies.label_sets,
    zone=zones,
    unknown=st.none() | st.just("expired"),
    accepts=st.none() | st.lists(strategies.label_sets, min_size=1, max_size=2).map(tuple),
    judges=st.booleans(),
    region=st.none() | strategies.regions,
    retention=st.none() | strategies.retentions,
)


def followed(question: Question, told: str) -> Question:
    """Return a question after somebody did what a remedy asks for that no policy can do."""
    in_code, by_caller = re.search(r"zone\(.*labels=(\{.*\})", told), re.search(r" admit (\[.*\]) as well", told)
    assert (in_code is None) != (by_caller is None)
    zone = question.zone
    if in_code is not None:
        assert f'zone("{zone.purposes[-1]}", ' in told
        labels = frozenset(ast.literal_eval(in_code[1]))
        served = zone.served and evolve(zone.served, admitted=labels if zone.served.admitted is not None else None)
        if served and served.around:
            served = evolve(served, around=evolve(served.around, admitted=labels))
    else:
        assert by_caller is not None
        assert zone.served is not None
        labels = (zone.admitted or frozenset()) | frozenset(yaml.safe_load(by_caller[1]))
        served = evolve(zone.served, brought=labels)
    return evolve(question, zone=evolve(zone, admitted=labels, served=served))


def pasted(question: Question, rules: Rules, fragment: dict[str, Any]) -> tuple[Question, Rules]:
    """Return question and rules under a policy that the fragment was merged into; requirements replace by id."""
    for entry in fragment.get("assets", ()):
        if "region" in entry:
            question = evolve(question, region=entry["region"])
        if "retention" in entry:
            question = evolve(question, retention=entry["retention"])
        if "labels" in entry:
            question = evolve(question, accepts=tuple(frozenset(entry["labels"]) for _ in question.accepts or (0,)))
    for entry in fragment.get("zones", ()):
        assert entry["purpose"] == question.zone.purposes[-1]
        assert question.zone.served == Served("http://shop/ask", question.zone.purposes)
        question = evolve(question, zone=evolve(question.zone, admitted=frozenset(entry["labels"])))
    for entry in fragment.get("requirements", ()):
        allow = Allow(**{key: permitted(value) for key, value in entry["allow"].items()})
        told = Requirement(
            id=entry["id"], applies_to=frozenset(entry["applies_to"]), allow=allow, mode=Mode[entry["mode"].upper()],
            lineage=entry.get("lineage", "best-effort"), why=entry.get("why", ""),
        )  # fmt: skip
        old = next(each for each in rules.requirements if each.id == told.id)
        assert evolve(told, allow=old.allow) == old
        rules = evolve(rules, requirements=tuple(told if each is old else each for each in rules.requirements))
    return question, rules


def ways(decision: privacylib.Decision, requirements: tuple[Requirement, ...]) -> int:
    """Return in how many ways at most rules are broken: a requirement in one for each key that it has."""
    keys = {each.id: sum(value is not None for value in asdict(each.allow).values()) for each in requirements}
    keys["unknown"] = 1 + sum(keys.values())
    return sum(keys.get(violation.requirement, 1) for violation in decision.violations)


@given(questions, strategies.requirements(), st.sampled_from(Mode))
def test_repeating_remedies_once_for_each_way_that_a_rule_is_broken_leads_to_allow(
    question: Question, requirements: tuple[Requirement, ...], ceiling: Mode
) -> None:
    rules = Rules(requirements, ceiling)
    decision = decide(question, rules)
    left = ways(decision, requirements)
    if question.unknown:  # what is known is mended first, and then what may be in the unknown
        left += ways(decide(evolve(question, labels=question.labels | rules.labels), rules), requirements) + 1
    while decision is not ALLOW:
        assert left, decision
        left -= 1
        if fragment := yaml.safe_load(decision.remedy):
            question, rules = pasted(question, rules, fragment)
        else:
            question = followed(question, decision.remedy)
        decision = decide(question, rules)


def permitted(value: Any) -> Any:
    return frozenset(cast("list[str]", value)) if isinstance(value, list) else value


POLICY = """
version: 1
labels: {A: {}}
purposes: {reply: {}, ads: {}}
assets:
  - {match: "s3://b/from", labels: [A]}
  - {match: "s3://b/to", labels: [A]}
requirements:
  - {id: "on", applies_to: [A], allow: {purposes: [reply], regions: [eu]}, mode: enforce, why: "told: so"}
"""


@pytest.mark.parametrize(("sink", "purpose", "region"), [
    ("s3://b/new", "reply", "eu"), ("s3://b/to", "ads", "eu"), ("s3://b/to", "reply", "us"),
    ("s3://b/to", "reply", None), ("s3://b/new", "ads", None), ("s3://b/n*w", "ads", None),
])  # fmt: skip
def test_a_remedy_pasted_into_the_file_allows_what_was_denied(sink: str, purpose: str, region: str | None) -> None:
    policy = yaml.safe_load(POLICY)
    for _ in range(4):
        with capture(policy, mode="enforce", region=region):
            try:
                with privacylib.zone(purpose):
                    with privacylib.read("s3://b/from"):
                        pass
                    with privacylib.write(sink):
                        return
            except privacylib.PolicyDenied as denied:
                for key, entries in yaml.safe_load(denied.decision.remedy).items():
                    ids = {entry.get("id") for entry in entries} - {None}
                    policy[key] = entries + [each for each in policy[key] if each.get("id") not in ids]
    pytest.fail("four remedies were not enough")


def test_a_write_outside_any_zone_is_told_to_open_one_for_a_permitted_purpose() -> None:
    with capture(POLICY.replace("mode: enforce", "mode: observe")), privacylib.scope("work"):
        with privacylib.zone("reply"), privacylib.read("s3://b/from"):
            pass
        decision = privacylib.check("write", "s3://b/to")
    told = yaml.safe_load(decision.remedy)
    assert told == {"zones": [{"match": "command://test", "purpose": "reply"}]}


RULES = """
  - {id: r1, applies_to: [A], allow: {purposes: [reply, ads]}, mode: enforce}
  - {id: r2, applies_to: [A], allow: {purposes: [%s]}, mode: enforce}
"""


@pytest.mark.parametrize(("also", "told"), [("ads", "ads"), ("reply, ads", "ads  # or reply")])
def test_a_missing_zone_has_a_purpose_that_all_rules_permit_and_the_name_of_the_service(also: str, told: str) -> None:
    policy = POLICY.partition("  - {id")[0] + RULES % also

    def read(policy: str) -> None:
        with capture(policy, mode="enforce", service="shop"), privacylib.scope("s"), privacylib.read("s3://b/from"):
            pass

    with pytest.raises(privacylib.PolicyDenied) as denied:
        read(policy)
    remedy = denied.value.decision.remedy
    assert denied.value.decision.requirement == "zone"
    assert f"purpose: {told}\n" in remedy
    read(policy + remedy)
    assert findings(parse(policy + remedy, "pasted")) == []


def test_a_word_that_is_no_purpose_says_so() -> None:
    with capture(POLICY.partition("  - {id")[0] + RULES % "", mode="enforce"), privacylib.scope("s"):
        told = privacylib.check("read", "s3://b/from").remedy
    assert "purpose: PURPOSE  # put a declared purpose here" in told


def served(policy: dict[str, Any], name: str) -> privacylib.Decision | None:
    """Return why what is served there is denied, or None."""
    with capture(policy, mode="enforce", region="eu"):
        site = site_now(Operation(Kind.SERVE, Asset("http://shop", name)))
        assert site is not None
        handle = serve(site, PolicyContext())
        try:
            with privacylib.read("s3://b/from"):
                return None
        except privacylib.PolicyDenied as denied:
            return denied.decision
        finally:
            finish(handle)


def test_a_zone_that_is_missing_is_proposed_for_what_is_served_and_opens_nothing_else() -> None:
    policy = yaml.safe_load(POLICY)
    denied = served(policy, "a[s]k/{id}")
    assert denied is not None
    by_rule = next(each for each in denied.violations if each.requirement == "on")
    policy |= yaml.safe_load(by_rule.remedy)
    assert served(policy, "a[s]k/{id}") is None
    assert served(policy, "other") is not None


def test_a_zone_that_is_missing_in_a_command_is_proposed_for_it() -> None:
    zone = commanded(Zone(), "command://nightly", ())
    decision = decide(Question(True, "s3://b/from", frozenset({"A"}), zone), Rules())
    assert yaml.safe_load(decision.remedy)["zones"][0]["match"] == "command://nightly"


@pytest.mark.parametrize("in_code", [True, False])
def test_a_zone_that_admits_less_is_told_where_it_is(in_code: bool) -> None:
    policy = yaml.safe_load(POLICY)
    policy["labels"]["B"] = {}
    policy["zones"] = [{"match": "http://shop/ask", "purpose": "reply", "labels": ["A" if in_code else "B"]}]

    def asked(labels: set[str] | None) -> privacylib.Decision | None:
        with capture(policy, mode="enforce", region="eu"):
            site = site_now(Operation(Kind.SERVE, Asset("http://shop", "ask")))
            assert site is not None
            handle = serve(site, PolicyContext())
            try:
                with privacylib.zone("reply", labels=labels), privacylib.read("s3://b/from"):
                    return None
            except privacylib.PolicyDenied as denied:
                return denied.decision
            finally:
                finish(handle)

    denied = asked({"B"} if in_code else None)
    assert denied is not None
    if in_code:
        assert yaml.safe_load(denied.remedy) is None
        assert 'privacylib.zone("reply", labels={"A", "B"})' in denied.remedy
        assert asked({"A", "B"}) is None
    else:
        policy |= yaml.safe_load(denied.remedy)
        assert asked(None) is None


def test_what_only_unknown_data_breaks_is_first_to_be_known() -> None:
    allow = Allow(purposes=frozenset({"reply"}))
    rule = Requirement(id="r", applies_to=frozenset({"A"}), allow=allow, mode=Mode.ENFORCE)
    question = Question(True, "s3://b/from", frozenset(), Zone(("ads",)), unknown="manifest-missing")
    remedy = decide(question, Rules((rule,), Mode.ENFORCE)).remedy
    first, loosens, fragment = remedy.split("\n", 2)
    assert ("manifest-missing" in first, first.startswith("# first")) == (True, True)
    assert ("loosens for all work" in loosens, loosens.startswith("# what follows")) == (True, True)
    assert list(yaml.safe_load(remedy)) == ["requirements"]
    assert fragment == decide(evolve(question, labels=frozenset({"A"}), unknown=None), Rules((rule,))).remedy


A = frozenset({"A"})
TWICE = Allow(purposes=frozenset({"reply"}), regions=frozenset({"eu"}), retention="3d", destinations=frozenset())


@pytest.mark.parametrize(("reading", "facts", "told"), [
    pytest.param(True, {"zone": Zone()}, {"zones"}, id="a zone before the requirement"),
    pytest.param(False, {"region": None, "retention": "9d"}, {"region"}, id="a fact before what a sink takes"),
    pytest.param(False, {"region": "us", "retention": "9d"}, {"retention"}, id="a shorter time before a region more"),
    pytest.param(False, {"region": "us", "zone": Zone(), "accepts": (A,)}, {"zones"}, id="a purpose before a region"),
])  # fmt: skip
def test_the_nearest_remedy_of_unknown_data_loosens_nothing_where_one_does_not(
    reading: bool, facts: dict[str, Any], told: set[str]
) -> None:
    rules = Rules((Requirement(id="r", applies_to=A, allow=TWICE, mode=Mode.ENFORCE),), Mode.ENFORCE)
    question = evolve(Question(reading, "s3://b/x", frozenset(), Zone(("reply",)), unknown="expired"), **facts)
    decision = decide(question, rules)
    assert [violation.requirement for violation in decision.violations] == ["unknown"]
    fragment = yaml.safe_load(decision.remedy)
    assert told <= {*fragment, *(key for entry in fragment.get("assets", ()) for key in entry)}
    assert "requirements" not in fragment
    assert "loosens" not in decision.remedy


def test_a_zone_that_has_no_purpose_yet_is_no_remedy_of_unknown_data_while_there_is_one() -> None:
    two = [
        Requirement(id=name, applies_to=frozenset({name}), allow=Allow(purposes=frozenset({purpose})))
        for name, purpose in (("A", "reply"), ("B", "ads"))
    ]
    decision = decide(Question(True, "s3://b/x", frozenset(), unknown="expired"), Rules(tuple(two)))
    assert [entry["purpose"] for entry in yaml.safe_load(decision.remedy)["zones"]] == ["reply"]


@given(questions, strategies.requirements(), st.sampled_from(Mode))
def test_a_remedy_of_unknown_data_that_loosens_says_so(
    question: Question, requirements: tuple[Requirement, ...], ceiling: Mode
) -> None:
    for violation in decide(evolve(question, unknown="expired"), Rules(requirements, ceiling)).violations:
        pasted_or_none = yaml.safe_load(violation.remedy) or {"none": ()}
        entries = [entry for key in ("assets", "zones") for entry in pasted_or_none.get(key, ())]
        loosens = "requirements" in pasted_or_none or any("labels" in entry for entry in entries)
        in_code = "none" in pasted_or_none  # a zone, of the code or the caller, is to admit more
        if violation.requirement == "unknown":
            assert ("# what follows loosens for all work" in violation.remedy) == (loosens or in_code)


@pytest.mark.parametrize("requirements", ["", "requirements: [{id: r, applies_to: [A, B], allow: {purposes: [p]}}]"])
def test_what_is_pasted_for_an_input_that_nobody_annotated_holds_whatever_has_a_rule(requirements: str) -> None:
    policy = f"labels: {{A: {{}}, B: {{}}}}\npurposes: {{p: {{}}, q: {{}}}}\n{requirements}\n"
    told = Engine(parse(policy, "before.yaml")).unannotated(Asset("s3://b", "x")).remedy
    engine = Engine(parse(policy + told, "pasted.yaml"))
    held = engine.annotation("s3://b/x").of(())
    assert held == (frozenset({"A", "B"}) if requirements else frozenset())
    assert engine.read(Asset("s3://b", "x"), held or frozenset(), Zone(("q",))).allowed is not bool(requirements)


def test_an_unknown_zone_is_told_that_no_policy_helps() -> None:
    zone = Zone(("reply",), None, "expired")
    rule = Requirement(id="r", applies_to=frozenset({"A"}), allow=Allow(purposes=frozenset({"reply"})))
    decision = decide(Question(True, "s3://b/from", frozenset({"A"}), zone), Rules((rule,)))
    assert "expired" in decision.reason
    assert yaml.safe_load(decision.remedy) is None


@pytest.mark.parametrize("name", ["NO", "on", "2027-01-01", "1e3", "null", "a: b", 'a"b', "A.B"])
def test_names_that_yaml_would_read_as_something_else_are_quoted(name: str) -> None:
    assert yaml.safe_load(remedies.annotate("s3://b/x", [name]))["assets"][0]["labels"] == [name]


STARRED = "s3://b/a*b"


@pytest.mark.parametrize(
    "fragment",
    [
        remedies.annotate(STARRED, ["A"]),
        remedies.place(STARRED, "eu"),
        remedies.keep(STARRED, "3d"),
        fragment([Unannotated(STARRED)]),
    ],
)
def test_a_star_in_a_name_is_no_wildcard_of_what_is_pasted(fragment: str) -> None:
    annotation = Annotator(parse("labels: {A: {}}\n" + fragment, "pasted")).annotation
    assert annotation(STARRED) != Annotation()
    assert annotation("s3://b/axb") == Annotation()


def test_nor_is_it_one_of_a_destination_or_of_what_is_lowered() -> None:
    rule = Requirement(id="r", applies_to=frozenset({"A"}), allow=Allow(destinations=frozenset()))
    question = Question(False, STARRED, frozenset({"A"}), Zone(("reply",)), None, (frozenset({"A"}),))
    told = yaml.safe_load(decide(question, Rules((rule,))).remedy)
    [destination] = told["requirements"][0]["allow"]["destinations"]
    [entry] = yaml.safe_load(remedies.reclassify(STARRED, ["A"], "m:f"))["reclassifications"]
    for pattern in (destination, entry["sink"]):
        assert [Glob(pattern).matches(uri) for uri in (STARRED, "s3://b/axb")] == [True, False]


def test_a_transform_is_not_guessed_and_its_fingerprint_has_a_command() -> None:
    told = remedies.reclassify(STARRED, ["A"], "shop.jobs:send")
    [entry] = yaml.safe_load(told)["reclassifications"]
    assert (entry["transform"], entry["fingerprint"]) == ("MODULE:FUNCTION", "sha256:…")
    assert "`privacylib policy fingerprint MODULE:FUNCTION`" in told
    assert "shop.jobs:send writes it" in told
