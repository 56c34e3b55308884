"""``allow.destinations``: where data may go at all, also to those who judge for themselves."""

from collections.abc import Iterator
from functools import lru_cache

from privacylib.model.policy import Requirement
from privacylib.naming import Globs, escaped
from privacylib.policy import remedies
from privacylib.policy.kinds.kind import Broken, Kind, held, listed
from privacylib.policy.question import Question

__all__ = ["DESTINATIONS"]

_patterns = lru_cache(maxsize=1024)(Globs)


def _broken(question: Question, requirement: Requirement) -> Iterator[Broken]:
    permitted = requirement.allow.destinations or frozenset()
    if question.reading or any(True for _ in _patterns(tuple(sorted(permitted))).matching(question.asset)):
        return
    reason = f"{held(question, requirement)} may go to {listed(permitted) or 'nowhere'} only, not to {question.asset}"
    yield Broken(reason, remedies.permit(requirement, destinations=[escaped(question.asset)]))


DESTINATIONS = Kind("destinations", _broken)
