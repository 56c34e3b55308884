"""The decision as a pure function: each rule by example, and the laws that hold for all of them."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from privacylib.labels import meet
from privacylib.model import ALLOW, Mode, Verdict, Zone
from privacylib.model.policy import Allow, Requirement
from privacylib.policy.deciding import Question, Rules, decide
from tests import strategies

SINK = "file:///data/sink.jsonl"
REPLY = Zone(("assistant.reply",))
RULE = Requirement(
    id="interaction-purpose",
    applies_to=frozenset({"INTERACTION"}),
    allow=Allow(purposes=frozenset({"assistant"}), regions=frozenset({"eu", "us"})),
    mode=Mode.ENFORCE,
)


def held(*labels: str) -> frozenset[str]:
    return frozenset(labels)


def write(
    *labels: str, zone: Zone = REPLY, accepts: tuple[frozenset[str], ...] | None = (), **more: object
) -> Question:
    facts: dict[str, object] = {"region": "eu", **more}
    return Question(False, SINK, held(*labels), zone, accepts=(held(*labels),) if accepts == () else accepts, **facts)  # pyright: ignore[reportArgumentType] - any fact


def read(*labels: str, zone: Zone = REPLY) -> Question:
    return Question(True, SINK, held(*labels), zone)


ENFORCED = Rules((RULE,), Mode.ENFORCE)


@pytest.mark.parametrize(
    ("question", "requirement", "reason"),
    [
        pytest.param(read("INTERACTION", zone=Zone()), "zone", "outside any zone", id="read outside any zone"),
        pytest.param(
            read("INTERACTION", zone=Zone(("assistant",), held("CONTACT"))),
            "zone",
            "does not admit INTERACTION",
            id="not admitted",
        ),
        pytest.param(
            read("INTERACTION", zone=Zone(("ads",))), "interaction-purpose", "purpose ads", id="purpose at read"
        ),
        pytest.param(
            write("INTERACTION", zone=Zone(("assistant", "ads"))), "interaction-purpose", "ads", id="every purpose"
        ),
        pytest.param(
            write("INTERACTION", zone=Zone()), "interaction-purpose", "purpose none", id="empty purpose stack"
        ),
        pytest.param(write("INTERACTION", accepts=None), "flow", "not annotated", id="unannotated sink"),
        pytest.param(
            write("INTERACTION", accepts=(held(),)), "flow", "not annotated for INTERACTION", id="sink without labels"
        ),
        pytest.param(
            write("INTERACTION", accepts=(held("INTERACTION"), held())), "flow", "INTERACTION", id="one of two fields"
        ),
        pytest.param(write("INTERACTION", region=None), "interaction-purpose", "region-unknown", id="region unknown"),
        pytest.param(write("INTERACTION", region="apac"), "interaction-purpose", "apac", id="wrong region"),
    ],
)
def test_each_rule_denies(question: Question, requirement: str, reason: str) -> None:
    decision = decide(question, ENFORCED)
    assert decision.verdict is Verdict.DENY
    assert decision.requirement == requirement
    assert reason in decision.reason
    assert decision.remedy


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(read("INTERACTION"), id="admitted read"),
        pytest.param(read(zone=Zone()), id="read without labels outside a zone"),
        pytest.param(write("INTERACTION"), id="covered write"),
        pytest.param(write(accepts=None), id="nothing held, sink not annotated"),
        pytest.param(write("CONTACT.EMAIL", accepts=(held("CONTACT"),)), id="label above covers"),
        pytest.param(write("INTERACTION", accepts=None, judges=True, region=None), id="remote end judges for itself"),
    ],
)
def test_what_is_allowed(question: Question) -> None:
    assert decide(question, ENFORCED) is ALLOW


def test_a_label_beneath_does_not_cover_the_one_above() -> None:
    decision = decide(write("CONTACT", accepts=(held("CONTACT.EMAIL"),)), ENFORCED)
    assert decision.requirement == "flow"


@pytest.mark.parametrize("label", ["INTERACTION", "INTERACTION.VOICE"])
def test_a_requirement_applies_to_its_label_and_to_what_is_beneath(label: str) -> None:
    assert decide(read(label, zone=Zone(("ads",))), ENFORCED).requirement == "interaction-purpose"


def test_a_requirement_applies_to_data_held_as_something_above_its_label() -> None:
    rule = evolve(RULE, applies_to=held("CONTACT.EMAIL"))
    decision = decide(read("CONTACT", zone=Zone(("ads",))), Rules((rule,), Mode.ENFORCE))
    assert decision.requirement == RULE.id


def test_a_remote_end_that_judges_for_itself_is_still_bound_to_purposes_and_its_annotated_region() -> None:
    assert decide(write("INTERACTION", zone=Zone(("ads",)), judges=True), ENFORCED).requirement == RULE.id
    assert decide(write("INTERACTION", judges=True, region="apac"), ENFORCED).requirement == RULE.id


@pytest.mark.parametrize(
    ("mode", "ceiling", "verdict"),
    [
        (Mode.ENFORCE, Mode.ENFORCE, Verdict.DENY),
        (Mode.ENFORCE, Mode.SIMULATE, Verdict.WOULD_DENY),
        (Mode.SIMULATE, Mode.ENFORCE, Verdict.WOULD_DENY),
        (Mode.OBSERVE, Mode.ENFORCE, Verdict.WOULD_DENY),
    ],
)
def test_the_mode_of_a_requirement_is_capped_by_the_ceiling(mode: Mode, ceiling: Mode, verdict: Verdict) -> None:
    decision = decide(read("INTERACTION", zone=Zone(("ads",))), Rules((evolve(RULE, mode=mode),), ceiling))
    assert decision.verdict is verdict


@pytest.mark.parametrize("first", [True, False], ids=["the strictest first", "the strictest last"])
def test_built_in_rules_take_the_strictest_mode_of_the_requirements_in_play(*, first: bool) -> None:
    other = evolve(RULE, id="contact", applies_to=held("CONTACT"), mode=Mode.SIMULATE)
    rules = Rules((RULE, other) if first else (other, RULE), Mode.ENFORCE)
    assert decide(write("CONTACT", accepts=None), rules).verdict is Verdict.WOULD_DENY
    assert decide(write("CONTACT", "INTERACTION", accepts=None), rules).verdict is Verdict.DENY
    assert decide(write("AGGREGATE", accepts=None), rules).verdict is Verdict.WOULD_DENY


def test_the_violation_that_weighs_most_comes_first() -> None:
    other = evolve(RULE, id="z-simulated", mode=Mode.SIMULATE)
    decision = decide(write("INTERACTION", zone=Zone(("ads",))), Rules((other, RULE), Mode.ENFORCE))
    assert [violation.requirement for violation in decision.violations] == [RULE.id, "z-simulated"]


def test_a_requirement_that_is_broken_in_several_ways_is_said_once() -> None:
    decision = decide(write("INTERACTION", zone=Zone(("ads",)), region="apac"), ENFORCED)
    assert [violation.requirement for violation in decision.violations] == [RULE.id]
    assert decision.reason == (
        f"INTERACTION may not be used for purpose ads ({SINK}); INTERACTION may not leave eu, us for {SINK} in apac"
    )


class TestUnknown:
    def test_is_judged_as_carrying_every_label_that_has_a_requirement(self) -> None:
        decision = decide(write(accepts=(held(),), unknown="expired"), ENFORCED)
        assert (decision.verdict, decision.requirement) == (Verdict.DENY, "unknown")
        assert "expired" in decision.reason

    def test_flows_where_everything_with_a_requirement_may_flow(self) -> None:
        assert decide(write(accepts=(held("INTERACTION"),), unknown="expired"), ENFORCED) is ALLOW

    @pytest.mark.parametrize("question", [write("SEEN", accepts=None), read("SEEN", zone=Zone())])
    def test_is_judged_so_as_well_where_what_is_known_breaks_a_rule_that_is_only_observed(
        self, question: Question
    ) -> None:
        seen = Requirement(id="seen", applies_to=held("SEEN"), allow=Allow(purposes=held("assistant")))
        rules = Rules((RULE, seen), Mode.ENFORCE)
        assert decide(question, rules).verdict is Verdict.WOULD_DENY
        decision = decide(evolve(question, unknown="expired"), rules)
        assert (decision.verdict, decision.requirement) == (Verdict.DENY, "unknown")
        assert set(decide(question, rules).violations) < set(decision.violations)

    def test_is_one_violation_that_gives_every_reason(self) -> None:
        question = write(accepts=(held(),), unknown="expired", region="apac", zone=Zone(("ads",)))
        [violation] = decide(question, ENFORCED).violations
        assert violation.reason == (
            f"nothing is known about the data (expired), and {SINK} is not annotated for INTERACTION; INTERACTION may "
            f"not be used for purpose ads ({SINK}); INTERACTION may not leave eu, us for {SINK} in apac"
        )

    def test_is_incompatible_with_a_sink_that_is_not_annotated_even_without_requirements(self) -> None:
        decision = decide(write(accepts=None, unknown="expired"), Rules((), Mode.ENFORCE))
        assert (decision.verdict, decision.requirement) == (Verdict.WOULD_DENY, "unknown")

    def test_zone_stays_unknown_so_its_purpose_permits_nothing(self) -> None:
        zone = evolve(REPLY, unknown="bad-signature")
        assert decide(read("INTERACTION", zone=zone), ENFORCED).verdict is Verdict.DENY


_rules = st.builds(Rules, strategies.requirements(), st.sampled_from(Mode))
_zones = st.builds(
    Zone,
    st.lists(strategies.purposes, max_size=3).map(tuple),
    st.none() | strategies.label_sets,
    st.none() | st.just("expired"),
)
_questions = st.builds(
    Question,
    reading=st.booleans(),
    asset=st.just(SINK),
    labels=strategies.label_sets,
    zone=_zones,
    unknown=st.none() | st.just("expired"),
    accepts=st.none() | st.lists(strategies.label_sets, min_size=1, max_size=2).map(tuple),
    judges=st.booleans(),
    region=st.none() | strategies.regions,
)


def strictness(question: Question, rules: Rules) -> int:
    """Return how strict the decision is: whether it stops more than another."""
    return [Verdict.ALLOW, Verdict.WOULD_DENY, Verdict.DENY].index(decide(question, rules).verdict)


@given(_questions, strategies.label_sets, _rules)
def test_law_holding_more_never_allows_more(question: Question, more: frozenset[str], rules: Rules) -> None:
    assert strictness(evolve(question, labels=question.labels | more), rules) >= strictness(question, rules)


@given(_questions, _rules, strategies.requirements(1))
def test_law_adding_a_requirement_never_allows_more(
    question: Question, rules: Rules, more: tuple[Requirement, ...]
) -> None:
    stricter = evolve(rules, requirements=rules.requirements + more)
    assert strictness(question, stricter) >= strictness(question, rules)


@given(_questions, _rules, strategies.label_sets, strategies.purposes)
def test_law_zones_only_tighten(question: Question, rules: Rules, admitted: frozenset[str], purpose: str) -> None:
    zone = question.zone
    inner = Zone((*zone.purposes, purpose), meet(zone.admitted, admitted), zone.unknown)
    if zone.purposes:
        assert strictness(evolve(question, zone=inner), rules) >= strictness(question, rules)


@given(_questions, _rules, strategies.label_sets)
def test_law_unknown_is_most_restrictive(question: Question, rules: Rules, labels: frozenset[str]) -> None:
    told = evolve(question, unknown=None, labels=question.labels | (labels & rules.labels))
    assert strictness(evolve(question, unknown="expired"), rules) >= strictness(told, rules)


@given(_questions, _rules, strategies.label_sets)
def test_law_a_sink_annotated_for_more_takes_what_it_took(
    question: Question, rules: Rules, more: frozenset[str]
) -> None:
    if question.accepts is not None and decide(question, rules).allowed:
        wider = tuple(accepted | more for accepted in question.accepts)
        assert decide(evolve(question, accepts=wider), rules).allowed


@given(_questions, _rules)
def test_law_modes_change_what_a_denial_does_and_nothing_else(question: Question, rules: Rules) -> None:
    verdicts = [decide(question, evolve(rules, ceiling=mode)) for mode in Mode]
    assert len({frozenset(v.requirement for v in decision.violations) for decision in verdicts}) == 1
    assert all(decision.verdict is not Verdict.DENY for decision in verdicts[:2])


@given(_questions, _rules)
def test_law_the_same_question_has_the_same_answer(question: Question, rules: Rules) -> None:
    assert decide(question, rules) == decide(question, rules)
