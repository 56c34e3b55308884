"""A kind of requirement of another package: data flows only where consent of one of some grades was given."""

from collections.abc import Iterator

from privacylib.model.policy import Requirement, key
from privacylib.policy import remedies
from privacylib.policy.kinds import Broken, Kind, held
from privacylib.policy.question import Question

__all__ = ["CONSENT"]


def _broken(question: Question, requirement: Requirement) -> Iterator[Broken]:
    grades = getattr(requirement.allow, "consent", frozenset[str]())
    given = question.says("consent")
    if not question.reading or given in grades:
        return
    reason = f"{held(question, requirement)} of {question.asset} has consent {given or 'none'}"
    yield Broken(reason, remedies.permit(requirement, consent=[given] if given else []))


CONSENT = Kind(
    "consent",
    _broken,
    allow=key("grades of consent that permit it", form="name", default=None, type=frozenset[str] | None),
    asset=key("grade of consent that was given for what is there", form="name", default=None, type=str | None),
)
