"""Decisions: whether data may flow on, and why not."""

from collections.abc import Iterable
from enum import Enum, IntEnum

from attrs import evolve, frozen

from privacylib.errors import PrivacyError

__all__ = ["ALLOW", "Decision", "Mode", "PolicyDenied", "Verdict", "Violation"]

TOLD = 16
"""Clauses that the reason of one rule has at most where it is broken in several ways."""
_AND = "; "


class Mode(IntEnum):
    """Say what a denial does, from the weakest to the strictest."""

    OBSERVE = 0
    SIMULATE = 1
    ENFORCE = 2


class Verdict(str, Enum):
    """Say how a decision ended."""

    ALLOW = "ALLOW"
    WOULD_DENY = "WOULD_DENY"
    DENY = "DENY"


@frozen
class Violation:
    """Name one rule that a flow breaks.

    Args:
        requirement: Id of the requirement, or of a built-in rule (``zone``, ``flow``, ``unknown``).
        reason: One sentence for people, made of names only.
        remedy: The nearest change that would allow the flow, as a policy fragment in YAML.
        mode: The mode in force for it, under the ceiling of the process.
    """

    requirement: str
    reason: str
    remedy: str
    mode: Mode


@frozen
class Decision:
    """Hold the verdict on one flow.

    Args:
        verdict: How it ended.
        violations: Every rule that the flow breaks, each once, the one that weighs most first; none where it is
            allowed.
    """

    verdict: Verdict
    violations: tuple[Violation, ...] = ()

    @classmethod
    def of(cls, violations: Iterable[Violation]) -> "Decision":
        """Return what violations come to: the strictest mode among them decides, and each rule is said once."""
        found = _once(violations)
        if not found:
            return ALLOW
        return cls(Verdict.DENY if found[0].mode is Mode.ENFORCE else Verdict.WOULD_DENY, tuple(found))

    def joined(self, other: "Decision") -> "Decision":
        """Return one decision with the violations of both."""
        return self if other.allowed else Decision.of((*self.violations, *other.violations))

    def saying(self, more: str) -> "Decision":
        """Return it with something more in the reason of each violation."""
        if not (more and self.violations):
            return self
        return Decision(self.verdict, tuple(evolve(one, reason=f"{one.reason}; {more}") for one in self.violations))

    @property
    def requirement(self) -> str | None:
        """Return the id of the rule that weighs most, or None when allowed."""
        return self.violations[0].requirement if self.violations else None

    @property
    def reason(self) -> str:
        """Return why, or an empty text when allowed."""
        return self.violations[0].reason if self.violations else ""

    @property
    def remedy(self) -> str:
        """Return the nearest policy fragment, or an empty text when allowed."""
        return self.violations[0].remedy if self.violations else ""

    @property
    def allowed(self) -> bool:
        """Return whether no rule was broken."""
        return not self.violations

    def __str__(self) -> str:
        if not self.violations:
            return self.verdict.value
        return f"{self.verdict.value} by {self.requirement}: {self.reason}"


def _once(violations: Iterable[Violation]) -> list[Violation]:
    """Return the strictest violation of each rule, the strictest first, with the reasons of all of that rule."""
    told: dict[str, list[str]] = {}
    strictest: dict[str, Violation] = {}
    every = list(violations)
    for violation in every:
        told.setdefault(violation.requirement, []).append(violation.reason)
    for violation in sorted(every, key=lambda violation: -violation.mode):
        strictest.setdefault(violation.requirement, violation)
    return [evolve(one, reason=_joined(told[one.requirement])) for one in strictest.values()]


def _joined(reasons: list[str]) -> str:
    """Return reasons as one, which says nothing twice and has an end however many there are."""
    if len(reasons) == 1:
        return reasons[0]
    told = list(dict.fromkeys(_AND.join(reasons).split(_AND)))
    return _AND.join(told if len(told) <= TOLD else [*told[:TOLD], "and more"])


ALLOW = Decision(Verdict.ALLOW)


class PolicyDenied(PrivacyError):
    """Raised before the I/O when an enforced rule denies it.

    Args:
        decision: The decision, with requirement, reason and remedy.
        asset: URI of the asset that would have been touched.
    """

    def __init__(self, decision: Decision, asset: str) -> None:
        super().__init__(decision, asset)
        self.decision = decision
        self.asset = asset

    def __str__(self) -> str:
        return f"{self.asset}: {self.decision}\nremedy:\n{self.decision.remedy}"
