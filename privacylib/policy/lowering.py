"""Reclassification: which declared lowering of labels counts, and what it does to a flow."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from privacylib.labels import covers, meet
from privacylib.model.policy import Reclassification
from privacylib.naming import Glob

if TYPE_CHECKING:
    from privacylib.policy.fingerprint.watch import Watch

__all__ = ["Lowering", "expired", "in_force", "pinned", "unexpired", "void"]

NOT_REVIEWED = "not in the reviewed policy, which alone counts under enforce"
NOT_PINNED = (
    "its entry in the policy has no fingerprint, so that the transform could change unseen, and none such counts under "
    "enforce; review the transform, and add what `privacylib policy fingerprint {}` prints"
)


@frozen
class Lowering:
    """A reclassification that counts: labels at or beneath `lowered` become `to` on the way to `sink`.

    Args:
        lowered: Labels that are lowered.
        to: What they become.
        sink: Pattern of the sink's URI.
        fields: Fields of the sink that it holds for; None for all of them.
        declared: What the code declared.
        until: Last day on which it counts; None where that was asked already.
        watch: Notices that the transform changes, where a fingerprint of it was reviewed.
        why: Why it lowers nothing, where it is void.
    """

    lowered: frozenset[str]
    to: frozenset[str]
    sink: str
    fields: frozenset[str] | None = None
    declared: Reclassification | None = None
    until: datetime.date | None = None
    watch: "Watch | None" = field(default=None, eq=False, repr=False)
    why: str | None = None

    def apply(self, labels: frozenset[str], sink: str, fields: tuple[str, ...] = ()) -> frozenset[str]:
        """Return what `labels` are on the way to these fields of `sink`; none means all of them."""
        if self.fields is not None and (not fields or not self.fields.issuperset(fields)):
            return labels
        if not Glob(self.sink).matches(sink):
            return labels
        gone = frozenset(label for label in labels if any(covers(upper, label) for upper in self.lowered))
        return (labels - gone) | self.to if gone else labels

    def missed(self, labels: frozenset[str], sink: str, fields: tuple[str, ...] = ()) -> str:
        """Return why it did not lower `labels`, which it was declared for; empty where nothing is in its way."""
        if self.declared is None:
            return ""
        if self.why is None:
            return self._beside(labels, sink, fields, self.declared.transform)
        would = evolve(self, lowered=self.declared.from_)
        named = f"the reclassification by {self.declared.transform} is void: {self.why}"
        return "" if would.apply(labels, sink, fields) == labels else named

    def _beside(self, labels: frozenset[str], sink: str, fields: tuple[str, ...], transform: str) -> str:
        """Return which columns are written beside those that it holds for; empty where it would lower nothing there."""
        if self.fields is None or evolve(self, fields=None).apply(labels, sink) == labels:
            return ""
        more = frozenset(fields) - self.fields
        for_these = f"the reclassification by {transform} is for the columns {_listed(self.fields)} alone"
        if not fields:
            return f"{for_these}, and which are written is not told: name the columns of the write"
        return (
            f"{for_these}, and {_listed(more)} is written with them: write it apart, or, where the transform makes it "
            "as well, have it reviewed and named under `fields` of its entry and by the declaration"
        )


def in_force(
    declared: Reclassification, reviewed: Iterable[Reclassification], today: datetime.date, *, only_reviewed: bool
) -> Lowering | str:
    """Return what a declared reclassification does, or why it is void.

    Args:
        declared: What the code declares, with the fingerprint that its transform has now.
        reviewed: The entries of the policy.
        today: The day on which it is judged, in UTC.
        only_reviewed: Whether the entries alone count, and only those that name a fingerprint.
    """
    if declared.expires < today:
        return f"expired on {declared.expires}"
    own = [entry for entry in reviewed if entry.transform == declared.transform]
    fit = [entry for entry in own if not _differs(entry, declared, today)]
    differences = [told for entry in fit if (told := _difference(entry, declared)) is not None]
    for entry in fit:
        if _difference(entry, declared) is None and (pinned(entry) or not only_reviewed):
            fields, until = meet(entry.fields, declared.fields), min(entry.expires, declared.expires)
            return Lowering(declared.from_, declared.to, declared.sink, fields, declared, until)
    if differences:  # the transform is not what was reviewed, in whatever mode
        return f"the transform is not what was reviewed: {differences[0]}"
    if fit:
        return NOT_PINNED.format(declared.transform)
    if only_reviewed:
        told = "; ".join(dict.fromkeys(_differs(entry, declared, today) for entry in own))
        return f"{NOT_REVIEWED}: {told}" if told else NOT_REVIEWED
    return Lowering(declared.from_, declared.to, declared.sink, declared.fields, declared, declared.expires)


def pinned(entry: Reclassification) -> bool:
    """Return whether an entry names the fingerprint that was reviewed, not only that there is to be one."""
    return entry.fingerprint is not None and not entry.fingerprint.endswith("…")


def unexpired(lowered: "tuple[Lowering, ...]") -> "tuple[Lowering, ...]":
    """Return what each does today: nothing where it has expired, or its transform has changed since.

    A block that one was declared around may last longer than it, and longer than its transform is what was reviewed.
    """
    today = _today()
    found = tuple(_unchanged(one, today) for one in lowered)
    return lowered if found == lowered else found


def expired(declared: Reclassification) -> bool:
    """Return whether a declared reclassification counts no more, whatever a policy says."""
    return declared.expires < _today()


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone.utc).date()


def _unchanged(lowering: Lowering, today: datetime.date) -> Lowering:
    watch, declared = lowering.watch, lowering.declared
    if lowering.until is not None and lowering.until < today:
        nothing = frozenset[str]()
        return evolve(lowering, lowered=nothing, to=nothing, until=None, why=f"expired on {lowering.until}")
    if watch is None or declared is None:
        return lowering
    try:
        now = watch.changed(declared.fingerprint)
    except Exception as error:  # noqa: BLE001 - objects of the host are looked at, which may fail in any way
        return void(evolve(declared, fingerprint=None), f"its fingerprint cannot be taken ({type(error).__name__})")
    if now is None:
        return lowering
    what = _changed(declared.fingerprint or "?", now) or "it changed"
    return void(evolve(declared, fingerprint=now), f"since its block began the transform is another: {what}")


def _changed(reviewed: str, now: str) -> str | None:
    from privacylib.policy.fingerprint import changed  # which most programs never need

    return changed(reviewed, now)


def void(declared: Reclassification, why: str) -> Lowering:
    """Return what lowers nothing and remembers what was declared: another policy may let it count."""
    return Lowering(frozenset(), frozenset(), declared.sink, declared.fields, declared, why=why)


def _difference(entry: Reclassification, declared: Reclassification) -> str | None:
    """Return how the transform differs from what was reviewed, or None."""
    reviewed, now = entry.fingerprint, declared.fingerprint
    if reviewed is None or not pinned(entry) or now is None:
        return None
    what = _changed(reviewed, now)
    return None if what is None else f"{what}; its fingerprint was {reviewed.split()[0]} and is {now.split()[0]}"


def _differs(entry: Reclassification, declared: Reclassification, today: datetime.date) -> str:
    """Return in what an entry for the same transform does not permit what is declared; empty where it permits it."""
    if entry.expires < today:
        return f"the entry expired on {entry.expires}"
    if not entry.from_ >= declared.from_:
        return f"the entry lowers {_listed(entry.from_)}, not {_listed(declared.from_ - entry.from_)}"
    if not entry.to <= declared.to:
        return f"the entry leaves {_listed(entry.to)}, and {_listed(entry.to - declared.to)} is not left"
    if not Glob(entry.sink).covers(declared.sink):
        return f"the entry is for {entry.sink}, not for {declared.sink}"
    if entry.fields is not None and declared.fields is not None and not entry.fields >= declared.fields:
        return f"the entry is for the fields {_listed(entry.fields)}, not for {_listed(declared.fields - entry.fields)}"
    return ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
