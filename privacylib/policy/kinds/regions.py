"""``allow.regions``: where data may lie. A sink of which no region is known is refused."""

from collections.abc import Iterator

from privacylib.model.policy import Requirement
from privacylib.policy import remedies
from privacylib.policy.kinds.kind import Broken, Kind, held, listed
from privacylib.policy.question import Question

__all__ = ["REGIONS"]


def _broken(question: Question, requirement: Requirement) -> Iterator[Broken]:
    permitted, region = requirement.allow.regions or frozenset(), question.region
    if question.reading or region in permitted or (question.judges and region is None):
        return
    what = held(question, requirement)
    if region is None:
        reason = f"region-unknown: {what} may stay in {listed(permitted)} only, and {question.asset} names no region"
        yield Broken(reason, remedies.place(question.asset, min(permitted)))
    else:
        reason = f"{what} may not leave {listed(permitted)} for {question.asset} in {region}"
        yield Broken(reason, remedies.permit(requirement, regions=[region]))


REGIONS = Kind("regions", _broken)
