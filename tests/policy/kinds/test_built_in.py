"""The built-in kinds of requirements, each by itself."""

from typing import Any

import pytest
import yaml
from attrs import evolve
from hypothesis import given

from privacylib.model import Mode, Zone
from privacylib.model.policy import Allow, Requirement
from privacylib.policy.deciding import Question, Rules, decide
from privacylib.policy.kinds.retention import lasting
from tests import strategies

SINK = "s3://b/sink"
A = frozenset({"A"})


ASKED = Question(False, SINK, A, Zone(("reply",)), accepts=(A,))


def refused(allow: Allow, **facts: Any) -> tuple[str, str]:
    """Return reason and remedy of what a requirement with one kind refuses; empty where it permits."""
    rule = Requirement(id="r", applies_to=A, allow=allow, mode=Mode.ENFORCE)
    decision = decide(evolve(ASKED, **facts), Rules((rule,), Mode.ENFORCE))
    return decision.reason, decision.remedy


@pytest.mark.parametrize(("kept", "permitted"), [("30d", "30d"), ("29d", "30d"), ("720h", "30d"), ("52w", "1y")])
def test_retention_permits_a_sink_that_keeps_data_no_longer(kept: str, permitted: str) -> None:
    assert refused(Allow(retention=permitted), retention=kept) == ("", "")


@pytest.mark.parametrize(
    ("kept", "permitted", "reason"),
    [
        ("31d", "30d", "A may be kept for 30d, and s3://b/sink keeps it for 31d"),
        ("53w", "1y", "A may be kept for 1y, and s3://b/sink keeps it for 53w"),
        (None, "30d", "retention-unknown: A may be kept for 30d, and s3://b/sink names no retention"),
    ],
)
def test_retention_refuses_a_sink_that_keeps_data_longer_or_does_not_say(
    kept: str | None, permitted: str, reason: str
) -> None:
    told, remedy = refused(Allow(retention=permitted), retention=kept)
    assert told == reason
    assert yaml.safe_load(remedy) == {"assets": [{"match": SINK, "retention": permitted}]}


@given(strategies.retentions, strategies.retentions)
def test_retention_compares_durations_whatever_their_units(kept: str, permitted: str) -> None:
    assert bool(refused(Allow(retention=permitted), retention=kept)[0]) is (lasting(kept) > lasting(permitted))


@pytest.mark.parametrize("patterns", [{"s3://b/*"}, {"postgres://**", "s3://**"}, {SINK}])
def test_destinations_permit_what_a_pattern_matches(patterns: set[str]) -> None:
    assert refused(Allow(destinations=frozenset(patterns))) == ("", "")


@pytest.mark.parametrize("judges", [True, False])
@pytest.mark.parametrize("patterns", [frozenset({"s3://c/*", "file:///**"}), frozenset[str]()])
def test_destinations_refuse_any_other_sink_even_one_that_judges_for_itself(
    patterns: frozenset[str], judges: bool
) -> None:
    reason, remedy = refused(Allow(destinations=patterns), judges=judges)
    assert reason == f"A may go to {', '.join(sorted(patterns)) or 'nowhere'} only, not to {SINK}"
    assert yaml.safe_load(remedy)["requirements"][0]["allow"]["destinations"] == sorted({*patterns, SINK})


@pytest.mark.parametrize(
    "allow",
    [
        Allow(),
        Allow(purposes=frozenset({"reply"})),
        Allow(regions=frozenset({"eu"})),
        Allow(retention="1d"),
        Allow(destinations=frozenset({SINK})),
    ],
)
def test_each_kind_judges_by_its_own_key_alone(allow: Allow) -> None:
    region, retention = "eu" if allow.regions else None, "1d" if allow.retention else None
    zone = Zone(("reply",) if allow.purposes else ("ads",))
    assert refused(allow, zone=zone, region=region, retention=retention) == ("", "")


@pytest.mark.parametrize("allow", [Allow(retention="1d"), Allow(regions=frozenset({"eu"})), Allow(destinations=A)])
def test_what_is_asked_of_sinks_is_not_asked_of_a_read(allow: Allow) -> None:
    assert refused(allow, reading=True, accepts=None) == ("", "")


@pytest.mark.parametrize("allow", [Allow(retention="1d"), Allow(regions=frozenset({"eu"}))])
def test_an_endpoint_that_judges_for_itself_need_not_say_where_and_how_long(allow: Allow) -> None:
    assert refused(allow, accepts=None, judges=True) == ("", "")
