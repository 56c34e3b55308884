"""What violations come to."""

from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import ALLOW, Decision, Mode, Verdict, Violation
from tests import strategies

several = st.lists(strategies.violations, max_size=4)


@given(several)
def test_the_strictest_mode_decides_and_stands_first(violations: list[Violation]) -> None:
    decision = Decision.of(violations)
    modes = [violation.mode for violation in decision.violations]
    assert modes == sorted((violation.mode for violation in violations), reverse=True)
    assert (decision.verdict is Verdict.DENY) is (Mode.ENFORCE in modes)
    assert (decision.verdict is Verdict.ALLOW) is decision.allowed is (not violations)


@given(several, several)
def test_joining_decisions_joins_their_violations(these: list[Violation], those: list[Violation]) -> None:
    assert Decision.of(these).joined(Decision.of(those)) == Decision.of(these + those)


@given(several)
def test_what_is_allowed_changes_nothing(violations: list[Violation]) -> None:
    decision = Decision.of(violations)
    assert decision.joined(ALLOW) == decision == ALLOW.joined(decision)
