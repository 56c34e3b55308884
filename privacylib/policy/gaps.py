"""Decide what nobody has told of: I/O that no recorded operation explains, and inputs of training not annotated."""

from collections.abc import Iterable

from privacylib.model import Decision, Violation, Zone
from privacylib.policy import remedies
from privacylib.policy.deciding import Rules

__all__ = ["unannotated", "uncovered"]

_EACH_REMEDY = "# annotate what was read there; `privacylib doctor` lists what is not annotated\n"
_REMEDY = "# declare the operation around it (privacylib.read, write or call), or instrument its library\n"


def uncovered(asset: str, labels: Iterable[str], unknown: str | None, zone: Zone, rules: Rules) -> Decision:
    """Return what the requirements with ``uncovered: deny`` say.

    They apply to labels that the work holds and to those that its zone admits by name; where nothing is known about
    the data or the zone, all of them apply.

    Args:
        asset: URI of what would be touched.
        labels: Labels that the work holds.
        unknown: Why nothing is known about its data, or None.
        zone: The zones around it.
        rules: The requirements.
    """
    known = unknown is None and zone.unknown is None
    mine = frozenset(labels) | (zone.admitted or frozenset()) if known else rules.labels
    reason = f"no recorded operation explains what happens to {asset}, and its data must not go where nobody sees it"
    return Decision.of(
        Violation(each.id, reason, _REMEDY, rules.capped(each.mode))
        for each in rules.on(mine)
        if each.uncovered == "deny"
    )


def unannotated(asset: str, rules: Rules, *, wide: bool = False) -> Decision:
    """Refuse an input of training of which nothing is known, as strictly as the strictest of all requirements.

    Args:
        asset: Its URI.
        rules: The requirements.
        wide: Whether it stands for all that was read of a namespace.
    """
    what, remedy = f"{asset} is not annotated", remedies.tell(asset, rules.labels)
    if wide:
        what = f"the scope read more than 1,024 assets, and one or more of those kept as {asset} are not annotated"
        remedy = _EACH_REMEDY
    reason = f"{what}, and what a model learns from it cannot be taken out again"
    return Decision.of((Violation("unknown", reason, remedy, rules.mode(rules.labels)),))
