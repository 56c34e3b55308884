"""``allow.purposes``: what data may be used for. Every purpose of the zones around the work must be permitted."""

from collections.abc import Iterator

from privacylib.labels import uncovered
from privacylib.model.policy import Requirement
from privacylib.policy import remedies
from privacylib.policy.kinds.kind import Broken, Kind, held, listed
from privacylib.policy.question import Question

__all__ = ["PURPOSES"]


def _broken(question: Question, requirement: Requirement) -> Iterator[Broken]:
    permitted, zone = requirement.allow.purposes or frozenset(), question.zone
    refused = uncovered(zone.purposes, permitted)
    if refused:
        reason = f"{held(question, requirement)} may not be used for purpose {listed(refused)} ({question.asset})"
        yield Broken(reason, remedies.permit(requirement, purposes=refused))
    elif not zone.purposes:
        reason = f"{held(question, requirement)} may not be used for purpose none ({question.asset})"
        yield Broken(reason, remedies.open_zone(question.asset, zone, question.labels, permitted))
    if zone.unknown:
        what = held(question, requirement)
        reason = f"{what} may not be used for a purpose that is not known: {zone.unknown} ({question.asset})"
        yield Broken(reason, remedies.present(zone.unknown))


PURPOSES = Kind("purposes", _broken)
