"""The label lattice: sets of dotted names, ordered by what covers what.

Joins are unions, as in Denning, "A Lattice Model of Secure Information Flow" (CACM 1976). The
same dotted order serves purposes.
"""

from collections.abc import Collection, Iterable

__all__ = ["applies", "covers", "join", "meet", "uncovered"]


def covers(upper: str, lower: str) -> bool:
    """Return whether `upper` is `lower` or stands above it (``CONTACT`` covers ``CONTACT.EMAIL``)."""
    return lower == upper or lower.startswith(upper + ".")


def uncovered(held: Iterable[str], by: Collection[str]) -> frozenset[str]:
    """Return the labels of `held` that no label of `by` covers."""
    others = frozenset(held).difference(by)  # most labels cover themselves, and nobody else is asked
    return frozenset(label for label in others if not any(covers(upper, label) for upper in by)) if others else others


def applies(rule: str, held: str) -> bool:
    """Return whether a rule on `rule` applies to data held as `held`.

    It applies to what is beneath it, and to data held only as something above it, which may
    include it.
    """
    return covers(rule, held) or covers(held, rule)


def join(*sets: frozenset[str]) -> frozenset[str]:
    """Return the least set that holds every label of all `sets`."""
    return frozenset[str]().union(*sets)


def meet(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Return what both sets admit; None admits everything."""
    if one is None or other is None:
        return other if one is None else one
    return frozenset(a for a in one if not uncovered((a,), other)) | frozenset(
        b for b in other if not uncovered((b,), one)
    )
