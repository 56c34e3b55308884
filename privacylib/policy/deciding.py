"""Decide one question. Pure: the same question under the same rules has the same answer.

Every rule is a small function from a question to the violations it finds; all of them are asked,
and the one that weighs most comes first.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import get_args

from attrs import evolve, field, frozen

from privacylib.labels import applies, meet, uncovered
from privacylib.model import Decision, Mode, Violation
from privacylib.model.policy import Allow, Requirement
from privacylib.policy import remedies
from privacylib.policy.kinds import BUILT_IN, Broken, Kind, kinds
from privacylib.policy.question import Question

__all__ = ["Question", "Rules", "decide"]


REMEMBERED = 1024
"""Label sets whose requirements are kept."""


@frozen
class Rules:
    """Hold what decisions are made by.

    Args:
        requirements: All requirements of the policy.
        ceiling: The strictest mode that the process allows.
    """

    requirements: tuple[Requirement, ...] = ()
    ceiling: Mode = Mode.OBSERVE
    _applying: dict[frozenset[str], tuple[Requirement, ...]] = field(
        factory=dict[frozenset[str], tuple[Requirement, ...]], init=False, eq=False, repr=False
    )
    _kinds: dict[int, tuple[Kind, ...]] = field(init=False, eq=False, repr=False)
    """Kinds under which each requirement says something, by the requirement's identity."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_kinds", {id(one): _spoken(one.allow) for one in self.requirements})

    def on(self, labels: frozenset[str]) -> tuple[Requirement, ...]:
        """Return the requirements that apply to any of `labels`."""
        found = self._applying.get(labels)
        if found is None:
            if len(self._applying) >= REMEMBERED:
                self._applying.clear()
            found = self._applying[labels] = tuple(
                r for r in self.requirements if any(applies(a, held) for a in r.applies_to for held in labels)
            )
        return found

    def indirect(self, labels: frozenset[str]) -> frozenset[str]:
        """Return those of `labels` that count where data only decides on what is written."""
        counting = [r for r in self.on(labels) if r.indirect]
        return frozenset(held for held in labels if any(applies(a, held) for r in counting for a in r.applies_to))

    def broken(self, question: Question) -> Iterator[Violation]:
        """Give what the requirements on the question's labels do not permit."""
        for requirement in self.on(question.labels):
            for kind in self._kinds[id(requirement)]:
                for reason, remedy in _asked(kind, question, requirement):
                    yield Violation(requirement.id, reason, remedy, self.capped(requirement.mode))

    def mode(self, labels: frozenset[str]) -> Mode:
        """Return the mode of the built-in rules: the strictest of the requirements in play."""
        return self.capped(self.strictest(labels))

    def strictest(self, labels: frozenset[str]) -> Mode:
        """Return the strictest mode of the requirements in play, whatever the ceiling."""
        return max((r.mode for r in self.on(labels)), default=Mode.OBSERVE)

    def asked(self, violation: Violation, labels: frozenset[str]) -> Mode:
        """Return the mode of a rule that data with these labels broke, whatever the ceiling."""
        own = (r.mode for r in self.on(labels) if r.id == violation.requirement)
        return next(own, self.strictest(labels))

    def capped(self, mode: Mode) -> Mode:
        """Return `mode` under the ceiling."""
        return min(mode, self.ceiling)

    def purposes(self, labels: frozenset[str]) -> frozenset[str]:
        """Return the purposes that all requirements on `labels` permit; none where no requirement names any."""
        return reduce(meet, (r.allow.purposes for r in self.on(labels)), None) or frozenset()

    @property
    def labels(self) -> frozenset[str]:
        """Return every label that has a requirement."""
        return frozenset(label for r in self.requirements for label in r.applies_to)


def decide(question: Question, rules: Rules) -> Decision:
    """Return the decision on `question`.

    Unknown data is judged as carrying every label that has a requirement; what only that breaks, or is stricter
    about than what is known, is a violation of the built-in rule ``unknown``.
    """
    found = list(_violations(question, rules))
    if question.unknown:
        every = question.labels | rules.labels
        if all(rules.asked(one, question.labels) < rules.strictest(every) for one in found):
            found += _unknown(evolve(question, labels=every), rules)
    return Decision.of(found)


def _unknown(every: Question, rules: Rules) -> Iterator[Violation]:
    """Judge unknown data, asked about with every label that has a requirement."""
    broken = list(_violations(every, rules))
    if not broken and not every.reading and every.accepts is None and not every.judges:
        broken = [_flow(every, rules)]
    why, mode = every.unknown or "", rules.mode(every.labels)
    remedy = remedies.make_known(why, [violation.remedy for violation in broken])
    begins = f"nothing is known about the data ({why}), and "
    for violation in broken:
        yield Violation("unknown", begins + violation.reason, remedy, mode)
        begins = ""  # all of them become one reason


def _violations(question: Question, rules: Rules) -> Iterator[Violation]:
    if not question.labels:
        return
    own = _admission(question, rules) if question.reading else _coverage(question)
    if own is not None:
        rule, reason, remedy = own
        yield Violation(rule, reason, remedy, rules.mode(question.labels))
    yield from rules.broken(question)


def _admission(question: Question, rules: Rules) -> tuple[str, str, str] | None:
    """Ask whether the zone admits what is read."""
    zone, labels = question.zone, question.labels
    if not zone.purposes and zone.admitted is None:
        reason = f"{_names(labels)} read from {question.asset} outside any zone"
        return "zone", reason, remedies.open_zone(question.asset, zone, labels, rules.purposes(labels))
    refused = frozenset[str]() if zone.admitted is None else uncovered(labels, zone.admitted)
    if not refused:
        return None
    reason = f"the zone for {_names(zone.purposes)} does not admit {_names(refused)} from {question.asset}"
    return "zone", reason, remedies.admit(question.asset, zone, labels)


def _coverage(question: Question) -> tuple[str, str, str] | None:
    """Ask whether the sink's labels cover what flows into it."""
    labels = question.labels
    if question.judges and question.accepts is None:
        return None
    if question.accepts is None:
        reason = f"{question.asset} is not annotated, and {_names(labels)} would flow into it"
        return "flow", reason, remedies.annotate(question.asset, labels)
    loose = frozenset(label for accepted in question.accepts for label in uncovered(labels, accepted))
    if not loose:
        return None
    reason = f"{question.asset} is not annotated for {_names(loose)}"
    kept = frozenset(label for accepted in question.accepts for label in accepted)
    return "flow", reason, remedies.annotate(question.asset, labels | kept)


def _flow(question: Question, rules: Rules) -> Violation:
    reason = f"{question.asset} is not annotated"
    return Violation("flow", reason, remedies.annotate(question.asset, question.labels), rules.mode(question.labels))


def _asked(kind: Kind, question: Question, requirement: Requirement) -> list[Broken]:
    """Return what a kind finds. What it cannot judge is not permitted."""
    try:
        found = list(kind.broken(question, requirement))
        if not found:
            return found
        if all(isinstance(one, Broken) and isinstance(one.reason + one.remedy, str) for one in found):  # pyright: ignore[reportUnnecessaryIsInstance] - a package's code gives anything
            return [_told(one, kind, question, requirement) for one in found]
        problem = "it gave something else than Broken(reason, remedy)"
    except Exception as error:  # noqa: BLE001 - the code of another package
        problem = type(error).__name__
    reason = f"{requirement.id} cannot be judged by its {kind.key!r} for {question.asset} ({problem})"
    return [Broken(reason, f"# repair the package that brings the kind of requirement {kind.key!r}\n")]


def _told(one: Broken, kind: Kind, question: Question, requirement: Requirement) -> Broken:
    """Say what is missing of the asset where a kind of another package proposes what stands there already."""
    states_text = kind.asset is not None and str in (kind.asset.type, *get_args(kind.asset.type))
    if not states_text or one.remedy != remedies.permit(requirement):
        return one
    return one._replace(remedy=remedies.state(question.asset, requirement, kind.key))


def _spoken(allow: Allow) -> tuple[Kind, ...]:
    """Return the kinds of which a requirement says what it permits."""
    every = BUILT_IN if type(allow) is Allow else kinds()
    return tuple(kind for kind in every if getattr(allow, kind.key, None) is not None)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
