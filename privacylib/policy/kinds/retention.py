"""``allow.retention``: how long data may be kept. A sink must keep it no longer; one that does not say is refused."""

from collections.abc import Iterator
from datetime import timedelta

from privacylib.model.policy import Requirement
from privacylib.policy import remedies
from privacylib.policy.kinds.kind import Broken, Kind, held
from privacylib.policy.question import Question

__all__ = ["RETENTION", "lasting"]

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}


def lasting(retention: str) -> timedelta:
    """Return how long a retention lasts; a year has 365 days.

    Args:
        retention: A number and one of s, m, h, d, w and y.
    """
    return int(retention[:-1]) * _UNITS[retention[-1]]


def _broken(question: Question, requirement: Requirement) -> Iterator[Broken]:
    permitted, kept = requirement.allow.retention or "", question.retention
    if question.reading or (question.judges and kept is None):
        return
    if kept is not None and lasting(kept) <= lasting(permitted):
        return
    what = held(question, requirement)
    if kept is None:
        reason = f"retention-unknown: {what} may be kept for {permitted}, and {question.asset} names no retention"
    else:
        reason = f"{what} may be kept for {permitted}, and {question.asset} keeps it for {kept}"
    yield Broken(reason, remedies.keep(question.asset, permitted))


RETENTION = Kind("retention", _broken)
