"""What a valid policy says that its author hardly means."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from attrs import evolve, fields

from privacylib.labels import applies, covers, uncovered
from privacylib.model.policy import Allow, Annotated, Policy
from privacylib.policy.lowering import pinned
from privacylib.policy.meaning import mentions
from privacylib.policy.unmatchable import NO_LINES, Finding, unmatchable

__all__ = ["Finding", "findings"]


def findings(policy: Policy, lines: Mapping[str, int] = NO_LINES, today: datetime.date | None = None) -> list[Finding]:
    """Return what is suspicious in a valid policy, in the order of the file.

    Args:
        policy: The policy.
        lines: Lines of its parts, as `read` gives them.
        today: The day on which reclassifications are judged; the current day in UTC by default.
    """
    day = today or datetime.datetime.now(datetime.timezone.utc).date()
    found = [finding for check in _CHECKS for finding in check(policy)]
    found += _expired(policy, day)
    placed = [evolve(finding, line=lines.get(finding.path)) for finding in found]
    return sorted(placed, key=lambda finding: finding.line or 0)


def _unused(policy: Policy) -> Iterator[Finding]:
    for form, declared in (("label", policy.labels), ("purpose", policy.purposes)):
        used = {mention.text for mention in mentions(policy) if mention.form == form}
        for name in declared:
            if not any(applies(name, other) for other in used):
                path = f"{form}s.{name}"
                yield Finding(path, f"nothing in the file uses the {form} {name!r}", "use it, or remove it")


def _beneath(policy: Policy) -> Iterator[Finding]:
    """Names that are valid only because something above them is declared, and look like a slip."""
    for form, declared in (("label", policy.labels), ("purpose", policy.purposes)):
        for mention in mentions(policy):
            if mention.form == form and mention.text not in declared:
                close = get_close_matches(mention.text, declared, n=1, cutoff=0.85)
                if close and not applies(close[0], mention.text):
                    yield Finding(
                        mention.path, f"{mention.text!r} is not declared itself", f"did you mean {close[0]!r}?"
                    )


def _shadowed(policy: Policy) -> Iterator[Finding]:
    """Entries of which an earlier entry with the same pattern already gives every key."""
    earlier: dict[str, set[str]] = {}
    for i, entry in enumerate(policy.assets):
        given = _given(entry)
        taken = earlier.setdefault(entry.match, set())
        if not given:
            yield Finding(f"assets[{i}]", "the entry says nothing about its assets", "add labels, or remove it")
        elif given <= taken:
            yield Finding(f"assets[{i}].match", "an earlier entry with this pattern says it all", "merge the two")
        taken |= given
    for path, patterns in (
        ("zones", [zone.match for zone in policy.zones]),
        ("naming", [rule.match for rule in policy.naming]),
    ):
        for i, pattern in enumerate(patterns):
            if pattern in patterns[:i]:
                yield Finding(f"{path}[{i}].match", "an earlier entry with this pattern comes first", "merge the two")


def _served(policy: Policy) -> Iterator[Finding]:
    """Zones around what is served under a name that looks like a slip: they would stand around nothing."""
    for i, zone in enumerate(policy.zones):
        scheme = zone.match.partition("://")[0].lower()
        close = [] if "*" in scheme else get_close_matches(scheme, _SERVED, n=1, cutoff=0.75)
        if close and scheme not in _SERVED and f"{close[0]}s" != scheme:
            problem = f"nothing is known to be served under {scheme!r}"
            yield Finding(f"zones[{i}].match", problem, f"did you mean {close[0]!r}?")


def _requirements(policy: Policy) -> Iterator[Finding]:
    for i, one in enumerate(policy.requirements):
        path = f"requirements[{i}].allow"
        if not _given(one.allow):
            yield Finding(path, f"{one.id!r} permits everything", "add purposes, regions, retention or destinations")
        if one.allow.purposes is not None and not any(
            covers(allowed, purpose) for allowed in one.allow.purposes for purpose in policy.purposes
        ):
            problem = f"{one.id!r} permits no declared purpose"
            yield Finding(f"{path}.purposes", problem, "permit one, or keep it to deny all")


def _regions(policy: Policy) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for mention in mentions(policy):
        if mention.form == "region":
            known = first.setdefault(mention.text.lower(), mention.text)
            if known != mention.text:
                problem = f"the region {mention.text!r} is written {known!r} elsewhere"
                yield Finding(mention.path, problem, "write both the same; they are compared letter by letter")


def _lowerings(policy: Policy) -> Iterator[Finding]:
    for i, one in enumerate(policy.reclassifications):
        path = f"reclassifications[{i}]"
        if not uncovered(one.from_, one.to):
            yield Finding(path, "it lowers nothing: `to` covers all of `from`", "name what remains in `to`")
        if not pinned(one):
            problem = "without a fingerprint the transform may change unseen, and enforce lets the entry not count"
            yield Finding(path, problem, f"add what `privacylib policy fingerprint {one.transform}` prints")


def _expired(policy: Policy, today: datetime.date) -> Iterator[Finding]:
    for i, one in enumerate(policy.reclassifications):
        if one.expires < today:
            path = f"reclassifications[{i}].expires"
            yield Finding(path, f"it expired on {one.expires}", "have it reviewed again, or remove it")


def _given(entry: Annotated | Allow) -> set[str]:
    values = {a.name: getattr(entry, a.name) for a in fields(type(entry)) if a.name != "match"}
    return {name for name, value in values.items() if value is not None}


_SERVED = ("http", "ws", "grpc", "command")
"""What zones stand around, beside the channels that messages come through."""

_CHECKS: tuple[Callable[[Policy], Iterable[Finding]], ...] = (
    _unused,
    _beneath,
    _shadowed,
    _served,
    _requirements,
    _regions,
    _lowerings,
    unmatchable,
)
