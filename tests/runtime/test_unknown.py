"""Context from outside: what is presented, what is believed, and what is judged as unknown."""

import pytest

import privacylib
from privacylib.model import PolicyContext, Zone
from privacylib.testing import Capture, capture
from tests.runtime.test_endpoints import served
from tests.runtime.world import CLOSED, LOG, POLICY, USERS, denied, only, read, write

FORGED = PolicyContext(unknown="forged")


class TestExtract:
    def test_no_context_is_an_empty_start(self, observed: Capture) -> None:
        assert privacylib.extract({}) == PolicyContext()

    def test_unless_the_policy_requires_one(self) -> None:
        with capture(POLICY + "trust: {ingress: require}\n"):
            assert privacylib.extract({}).unknown == "missing"

    def test_a_verified_one_is_taken(self, observed: Capture) -> None:
        with privacylib.zone("assistant"), privacylib.read(USERS):
            carrier = privacylib.inject({})
            key = privacylib.current().correlation_key
        told = privacylib.extract(carrier)
        assert (told.verified, told.correlation_key, told.purpose) == (True, key, "assistant")
        assert told.labels == {"CONTACT", "CONTACT.EMAIL"}

    def test_a_forged_one_is_unknown_with_the_reason(self, observed: Capture) -> None:
        carrier: dict[str, str] = privacylib.inject({})
        carrier["baggage"] = carrier["baggage"][:-6] + "AAAAAA"
        told = privacylib.extract(carrier)
        assert told.unknown
        assert not told.verified

    def test_strip_ignores_it(self) -> None:
        with capture(POLICY + "trust: {ingress: strip}\n"):
            assert privacylib.extract(privacylib.inject({})) == PolicyContext()


class TestAttached:
    def test_holds_what_was_brought_under_its_key_and_zone(self, observed: Capture) -> None:
        with privacylib.zone("assistant"), privacylib.read(USERS):
            context = privacylib.current()
        with privacylib.zone("ads"), privacylib.attached(context):
            here = privacylib.current()
            write(LOG)
        assert (here.labels, here.correlation_key, here.purpose) == (
            context.labels, context.correlation_key, "assistant",
        )  # fmt: skip
        assert only(observed.of("WRITE")).evidence == {USERS: "tracked"}

    def test_what_was_brought_flows_into_the_body_around_it(self, mode: str, seen: Capture) -> None:
        context = PolicyContext(labels=frozenset({"CONTACT"}), zone=Zone(("assistant",)), verified=True)

        @privacylib.writes(CLOSED)
        def consume() -> None:
            with privacylib.attached(context):
                pass

        with privacylib.scope("worker"), denied(mode, "flow"):
            consume()

    def test_a_name_that_carries_nothing_holds_nothing(self, strict: Capture) -> None:
        with privacylib.attached(PolicyContext(correlation_key="ab" * 16)):
            write("s3://nobody/annotated-this")
            assert privacylib.current().correlation_key == "ab" * 16


class TestUnknown:
    def test_is_judged_as_carrying_every_label_that_has_a_requirement(self, mode: str, seen: Capture) -> None:
        with privacylib.attached(FORGED), privacylib.zone("assistant"), denied(mode, "unknown"):
            write(CLOSED)
        assert "forged" in only(seen.of("WRITE")).decision.reason

    def test_its_zone_stays_unknown_and_permits_no_purpose(self, mode: str, seen: Capture) -> None:
        with privacylib.attached(FORGED), privacylib.zone("assistant"), denied(mode, "contact-use"):
            read(USERS)

    def test_a_request_is_unknown_too(self, mode: str, seen: Capture) -> None:
        with served(FORGED), denied(mode, "interaction-use"), privacylib.zone("assistant"):
            pass

    def test_in_observe_it_is_only_recorded(self, observed: Capture) -> None:
        with privacylib.attached(FORGED):
            write(CLOSED)
        assert (only(observed.of("WRITE")).unknown, observed.denied) == ("forged", [])

    def test_an_unannotated_sink_does_not_take_it(self) -> None:
        with capture("version: 1\n") as seen, privacylib.attached(FORGED):
            write("s3://nobody/annotated-this")
            assert only(seen.of("WRITE")).decision.requirement == "unknown"

    def test_current_names_the_reason(self, observed: Capture) -> None:
        with privacylib.attached(FORGED):
            assert privacylib.current().unknown == "forged"
        assert privacylib.current().unknown is None


def test_extract_never_raises_for_what_a_carrier_holds(observed: Capture) -> None:
    for carrier in ({"baggage": "privacylib=\x00"}, {"baggage": "privacylib=" + "a" * 9000}, {"traceparent": "x"}):
        assert privacylib.extract(carrier).labels == frozenset()


@pytest.mark.parametrize("before", ["inject", "current", "extract"])
def test_before_init_context_is_empty(before: str) -> None:
    done = {"inject": privacylib.inject({}), "current": privacylib.current(), "extract": privacylib.extract({})}[before]
    assert done in ({}, PolicyContext())
