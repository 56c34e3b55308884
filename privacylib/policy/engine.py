"""One policy under one configuration: annotations resolved, questions asked and remembered."""

import datetime
from collections.abc import Iterable
from functools import cached_property, lru_cache, partial

from attrs import evolve

from privacylib.model import ALLOW, Asset, Decision, Kind, Mode, Operation, Part, Source, Zone
from privacylib.model.policy import Policy, Reclassification
from privacylib.naming import Glob, impersonal_field, templated
from privacylib.policy.annotations import Annotator
from privacylib.policy.deciding import Rules, decide
from privacylib.policy.gaps import unannotated, uncovered
from privacylib.policy.lowering import Lowering, in_force
from privacylib.policy.question import Question

__all__ = ["Engine"]

_OPAQUE = "what is done there cannot be told, so all counts that the policy names there, or the entry for this name"
_ALSO = "what the policy says of single names that are kept as this template counts too, or the entry for the template"
REMEMBERED = 2048
"""Decisions kept; the least recently used goes first."""


class Engine:
    """Answer the runtime's questions from a policy.

    Args:
        policy: The policy.
        ceiling: The strictest mode that the process allows.
        region: Region of the service, for sinks that name none.
    """

    def __init__(self, policy: Policy, ceiling: Mode = Mode.OBSERVE, region: str | None = None) -> None:
        self.policy = policy
        self.rules = Rules(policy.requirements, ceiling)
        self.region = region
        self.annotation = Annotator(policy).annotation
        self._zones = tuple((Glob(zone.match), zone) for zone in policy.zones)
        self._decide = lru_cache(REMEMBERED)(partial(decide, rules=self.rules))

    def sources(self, asset: Asset, fields: tuple[str, ...], *, opaque: bool = False) -> tuple[Source, ...]:
        """Return what a read of these fields takes in; a read that names none takes all.

        Args:
            asset: What is read.
            fields: Its fields.
            opaque: Whether nobody can tell what is read.
        """
        of = partial(self.annotation(asset.uri).of, opaque=opaque)
        if not fields:
            return (Source(asset, None, of(()) or frozenset(), opaque=opaque),)
        return tuple(Source(asset, name, of((name,)) or frozenset(), opaque=opaque) for name in fields)

    def read_by(self, operation: Operation) -> tuple[Source, ...]:
        """Return what a read takes in: its fields, and those that only decide.

        The latter have the labels that a requirement counts of them; with none they are there all the same, for what
        is written afterwards depends on them.
        """
        decides = tuple(self._deciding(operation.parts))
        if operation.alone:
            return decides
        opaque = operation.kind is Kind.OPAQUE
        return (*self.sources(operation.asset, operation.fields, opaque=opaque), *decides)

    def named_by(self, operation: Operation) -> tuple[Source, ...]:
        """Return what a write is said to depend on."""
        if operation.parts:
            return tuple(self._parts(operation.parts))
        return tuple(source for asset in operation.derived_from or () for source in self.sources(asset, ()))

    def _deciding(self, parts: Iterable[Part]) -> Iterable[Source]:
        for part in parts:
            (source,) = self.sources(part.asset, (part.field,) if part.field else ())
            yield evolve(source, labels=self.rules.indirect(source.labels), indirect=True)

    def _parts(self, parts: Iterable[Part]) -> Iterable[Source]:
        for part in parts:
            (source,) = self.sources(part.asset, (part.field,) if part.field else ())
            if not part.indirect:
                yield source
            elif counted := self.rules.indirect(source.labels):
                yield evolve(source, labels=counted, indirect=True)

    def opaque(self, asset: Asset, decision: Decision) -> Decision:
        """Return a decision on an opaque operation; where it refuses, it says what counts on the asset, and why."""
        return decision if self.annotation(asset.uri).beneath is None else decision.saying(_OPAQUE)

    def read(self, asset: Asset, labels: frozenset[str], zone: Zone, unknown: str | None = None) -> Decision:
        """Decide whether data may enter the work."""
        if not labels and unknown is None:
            return ALLOW
        annotation = self.annotation(asset.uri)
        decision = self._decide(Question(True, asset.uri, labels, zone, unknown, stated=annotation.stated))
        return decision.saying(_ALSO) if annotation.others else decision

    def write(
        self,
        asset: Asset,
        fields: tuple[str, ...],
        labels: frozenset[str],
        zone: Zone,
        *,
        unknown: str | None = None,
        judges: bool = False,
        lowered: Iterable[Lowering] = (),
    ) -> Decision:
        """Decide whether data may leave towards a sink.

        Args:
            asset: The sink.
            fields: The fields touched; none means all.
            labels: Labels held by the work.
            zone: The zones around it.
            unknown: Why nothing is known about the data, or None.
            judges: Whether the sink carries our context and judges for itself.
            lowered: Reclassifications in force.
        """
        declared = tuple(lowered)
        for lowering in declared:
            labels = lowering.apply(labels, asset.uri, fields)
        if not labels and unknown is None:
            return ALLOW
        annotation = self.annotation(asset.uri)
        region = annotation.region or (None if judges else self.region)
        decision = self._decide(
            Question(
                False, asset.uri, labels, zone, unknown, annotation.accepts(fields), judges, region,
                annotation.retention, annotation.stated,
            )
        )  # fmt: skip
        if annotation.others:
            decision = decision.saying(_ALSO)
        if decision.allowed or not declared:
            return decision
        missed = filter(None, (lowering.missed(labels, asset.uri, fields) for lowering in declared))
        return decision.saying("; ".join(dict.fromkeys(missed)))

    def zones(self, uri: str) -> list[tuple[str, frozenset[str] | None]]:
        """Return purpose and admitted labels of the policy's zones around what is served at `uri`."""
        return [(zone.purpose, zone.labels) for pattern, zone in self._zones if pattern.matches(uri)]

    def mandatory(self, labels: frozenset[str], unknown: str | None = None) -> str | None:
        """Return the id of the enforced requirement by which data flows on record only, or None.

        Args:
            labels: Labels of the data.
            unknown: Why nothing is known about it, or None.
        """
        applying = self.rules.on(self._may_be(labels, unknown))
        enforced = (r for r in applying if self.rules.capped(r.mode) is Mode.ENFORCE)
        return next((r.id for r in enforced if r.lineage == "mandatory"), None)

    @cached_property
    def refuses_uncovered(self) -> bool:
        """Return whether a requirement, in whatever mode, refuses what no recorded operation explains."""
        return any(r.uncovered == "deny" for r in self.policy.requirements)

    def uncovered(self, asset: Asset, labels: frozenset[str], zone: Zone, unknown: str | None = None) -> Decision:
        """Decide I/O that no recorded operation explains.

        Args:
            asset: What would be touched.
            labels: Labels held by the work.
            zone: The zones around it.
            unknown: Why nothing is known about the data, or None.
        """
        return uncovered(asset.uri, labels, unknown, zone, self.rules)

    def unannotated(self, asset: Asset, *, wide: bool = False) -> Decision:
        """Refuse to train on what nobody has annotated.

        Args:
            asset: The input.
            wide: Whether it stands for all that was read of a namespace.
        """
        return unannotated(asset.uri, self.rules, wide=wide)

    def recorded(self, labels: frozenset[str], unknown: str | None = None) -> bool:
        """Return whether a requirement, in whatever mode, wants a record of all such data; see `mandatory`."""
        return any(r.lineage == "mandatory" for r in self.rules.on(self._may_be(labels, unknown)))

    def _may_be(self, labels: frozenset[str], unknown: str | None) -> frozenset[str]:
        return labels if unknown is None else labels | self.rules.labels

    def pins(self, transform: str) -> bool:
        """Return whether an entry for a transform, named as ``module:qualname``, names a fingerprint."""
        return any(entry.fingerprint and entry.transform == transform for entry in self.policy.reclassifications)

    def lowering(self, declared: Reclassification, today: datetime.date) -> Lowering | str:
        """Return what a declared reclassification does today, or why it is void.

        Args:
            declared: What the code declares, with the fingerprint that its transform has now.
            today: The day, in UTC.
        """
        only_reviewed = self.rules.ceiling is Mode.ENFORCE
        return in_force(declared, self.policy.reclassifications, today, only_reviewed=only_reviewed)

    def impersonal(self, operation: Operation) -> Operation:
        """Return an operation with templates in the place of what is personal in names of its assets and fields."""
        rules, named = self.policy.naming, operation.derived_from
        asset = templated(operation.asset, rules)
        fields = tuple(dict.fromkeys(self._field(asset, name) for name in operation.fields))
        derived = None if named is None else tuple(templated(each, rules) for each in named)
        parts = tuple(dict.fromkeys(self._part(part) for part in operation.parts))
        return evolve(operation, asset=asset, fields=fields, derived_from=derived, parts=parts)

    def _part(self, part: Part) -> Part:
        asset = templated(part.asset, self.policy.naming)
        return evolve(part, asset=asset, field=self._field(asset, part.field))

    def _field(self, asset: Asset, name: str) -> str:
        """Return the name of a field that may be kept; one that the policy itself names says nothing new."""
        kept = impersonal_field(name)
        return name if kept == name or name in self.annotation(asset.uri).fields else kept
