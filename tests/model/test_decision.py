"""What violations come to."""

from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import ALLOW, Decision, Mode, Verdict, Violation
from privacylib.model.decision import TOLD
from tests import strategies

several = st.lists(strategies.violations, max_size=4)


@given(several)
def test_the_strictest_mode_decides_and_stands_first(violations: list[Violation]) -> None:
    decision = Decision.of(violations)
    modes = [violation.mode for violation in decision.violations]
    strictest = {each.requirement: each.mode for each in sorted(violations, key=lambda each: each.mode)}
    assert modes == sorted(strictest.values(), reverse=True)
    assert (decision.verdict is Verdict.DENY) is (Mode.ENFORCE in modes)
    assert (decision.verdict is Verdict.ALLOW) is decision.allowed is (not violations)


@given(several, several)
def test_joining_decisions_joins_their_violations(these: list[Violation], those: list[Violation]) -> None:
    assert Decision.of(these).joined(Decision.of(those)) == Decision.of(these + those)


@given(several)
def test_what_is_allowed_changes_nothing(violations: list[Violation]) -> None:
    decision = Decision.of(violations)
    assert decision.joined(ALLOW) == decision == ALLOW.joined(decision)


@given(several)
def test_each_rule_is_said_once_with_all_its_reasons(violations: list[Violation]) -> None:
    decision = Decision.of(violations)
    said = {each.requirement: each.reason for each in decision.violations}
    assert len(said) == len(decision.violations)
    assert said.keys() == {each.requirement for each in violations}
    assert all(each.reason in said[each.requirement] for each in violations if "; " not in each.reason)


def _broken(reason: str, mode: Mode = Mode.OBSERVE, rule: str = "unknown") -> Violation:
    return Violation(rule, reason, f"# {reason}\n", mode)


def test_what_is_the_same_is_said_once_and_the_strictest_has_the_remedy() -> None:
    first, second = _broken("a; and so"), _broken("b; and so", Mode.ENFORCE)
    told = Decision.of((first, _broken("c", rule="flow"), second, first))
    assert [(each.requirement, each.reason) for each in told.violations] == [("unknown", "a; and so; b"), ("flow", "c")]
    assert (told.remedy, told.verdict) == ("# b; and so\n", Verdict.DENY)


def test_the_reason_of_a_rule_that_is_broken_by_very_many_has_an_end() -> None:
    many = [_broken(f"input {number}") for number in range(1000)]
    assert Decision.of(many).reason == "; ".join([*(each.reason for each in many[:TOLD]), "and more"])
    assert Decision.of(many[:500]).joined(Decision.of(many[500:])) == Decision.of(many)
