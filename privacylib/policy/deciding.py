"""Decide one question. Pure: the same question under the same rules has the same answer.

Every rule is a small function from a question to the violations it finds; all of them are asked,
and the one that weighs most comes first.
"""

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from privacylib.labels import applies, uncovered
from privacylib.model import NO_ZONE, Decision, Mode, Violation, Zone
from privacylib.model.policy import Requirement
from privacylib.policy import remedies

__all__ = ["Question", "Rules", "decide"]


REMEMBERED = 1024
"""Label sets whose requirements are kept."""


@frozen(cache_hash=True)
class Question:
    """Ask whether data may flow.

    Args:
        reading: Whether data enters the work; otherwise it leaves it towards a sink.
        asset: URI of the source or sink, without a field.
        labels: Labels of the data, after reclassification.
        zone: The zones around the work.
        unknown: Why nothing is known about the data, or None.
        accepts: For a sink one label set for each field touched; None when it is not annotated.
        judges: Whether the sink carries our context and judges for itself.
        region: Region of the sink, or None where nothing names one.
    """

    reading: bool
    asset: str
    labels: frozenset[str]
    zone: Zone = NO_ZONE
    unknown: str | None = None
    accepts: tuple[frozenset[str], ...] | None = None
    judges: bool = False
    region: str | None = None


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

    def mode(self, labels: frozenset[str]) -> Mode:
        """Return the mode of the built-in rules: the strictest of the requirements in play."""
        return self.capped(max((r.mode for r in self.on(labels)), default=Mode.OBSERVE))

    def capped(self, mode: Mode) -> Mode:
        """Return `mode` under the ceiling."""
        return min(mode, self.ceiling)

    @property
    def labels(self) -> frozenset[str]:
        """Return every label that has a requirement."""
        return frozenset(label for r in self.requirements for label in r.applies_to)


def decide(question: Question, rules: Rules) -> Decision:
    """Return the decision on `question`.

    Unknown data is judged as carrying every label that has a requirement; what only that breaks is
    a violation of the built-in rule ``unknown``.
    """
    found = list(_violations(question, question.labels, rules))
    if question.unknown and not found:
        found = list(_unknown(question, rules))
    return Decision.of(found)


def _unknown(question: Question, rules: Rules) -> Iterator[Violation]:
    """Judge unknown data as carrying every label that has a requirement."""
    every = question.labels | rules.labels
    broken = list(_violations(question, every, rules))
    if not broken and not question.reading and question.accepts is None and not question.judges:
        broken = [_flow(question, every, rules)]
    for violation in broken:
        reason = f"nothing is known about the data ({question.unknown}), and {violation.reason}"
        yield Violation("unknown", reason, violation.remedy, rules.mode(every))


def _violations(question: Question, labels: frozenset[str], rules: Rules) -> Iterator[Violation]:
    if not labels:
        return
    own = _admission(question, labels) if question.reading else _coverage(question, labels)
    if own is not None:
        rule, reason, remedy = own
        yield Violation(rule, reason, remedy, rules.mode(labels))
    for requirement in rules.on(labels):
        for reason, remedy in _broken(question, labels, requirement):
            yield Violation(requirement.id, reason, remedy, rules.capped(requirement.mode))


def _admission(question: Question, labels: frozenset[str]) -> tuple[str, str, str] | None:
    """Ask whether the zone admits what is read."""
    zone = question.zone
    if not zone.purposes and zone.admitted is None:
        reason = f"{_names(labels)} read from {question.asset} outside any zone"
        return "zone", reason, remedies.open_zone(question.asset, labels)
    refused = frozenset[str]() if zone.admitted is None else uncovered(labels, zone.admitted)
    if not refused:
        return None
    reason = f"the zone for {_names(zone.purposes)} does not admit {_names(refused)} from {question.asset}"
    return "zone", reason, remedies.admit(question.asset, zone, labels)


def _coverage(question: Question, labels: frozenset[str]) -> tuple[str, str, str] | None:
    """Ask whether the sink's labels cover what flows into it."""
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


def _flow(question: Question, labels: frozenset[str], rules: Rules) -> Violation:
    reason = f"{question.asset} is not annotated"
    return Violation("flow", reason, remedies.annotate(question.asset, labels), rules.mode(labels))


def _broken(question: Question, labels: frozenset[str], requirement: Requirement) -> Iterator[tuple[str, str]]:
    """Name what a requirement does not permit."""

    def held() -> str:  # only where something is refused
        return _names(label for label in labels if any(applies(a, label) for a in requirement.applies_to))

    purposes, zone = requirement.allow.purposes, question.zone
    if purposes is not None:
        refused = uncovered(zone.purposes, purposes)
        if refused:
            reason = f"{held()} may not be used for purpose {_names(refused)} ({question.asset})"
            yield reason, remedies.permit(requirement, purposes=refused)
        elif not zone.purposes:
            reason = f"{held()} may not be used for purpose none ({question.asset})"
            yield reason, remedies.open_zone(question.asset, labels, purposes)
        if zone.unknown:
            reason = f"{held()} may not be used for a purpose that is not known: {zone.unknown} ({question.asset})"
            yield reason, remedies.present(zone.unknown)
    regions = requirement.allow.regions
    if regions is None or question.reading or (question.judges and question.region is None):
        return
    if question.region is None:
        yield (
            f"region-unknown: {held()} may stay in {_names(regions)} only, and {question.asset} names no region",
            remedies.place(question.asset, min(regions)),
        )
    elif question.region not in regions:
        yield (
            f"{held()} may not leave {_names(regions)} for {question.asset} in {question.region}",
            remedies.permit(requirement, regions=[question.region]),
        )


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
