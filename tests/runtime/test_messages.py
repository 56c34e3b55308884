"""Messages that are received: judged when the first zone opens, at the first write, or at the end."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

import privacylib
from privacylib.context import Frame, Stage, frame_now, get_frame, set_frame
from privacylib.model import Kind, Operation, PolicyContext, Verdict, Zone
from privacylib.naming import asset
from privacylib.runtime import begin, end, site_now
from privacylib.runtime.messages import Arrival, carry, deliver, judge_delivery, leave_delivery, take_in
from privacylib.testing import Capture, capture
from tests.runtime.world import CLOSED, LOG, POLICY, UNKNOWN_SINK, USERS, VERDICTS, denied, only, read, write

LETTERS = "kafka://127.0.0.1:9092/letters"
OTHERS = "kafka://127.0.0.1:9092/others"
CONTACT = PolicyContext(labels=frozenset({"CONTACT"}), correlation_key="ab" * 16, verified=True)
CLICKS = PolicyContext(labels=frozenset({"INTERACTION"}), correlation_key="cd" * 16, verified=True)


def arrival(context: PolicyContext, uri: str = LETTERS) -> Arrival:
    """Return a message that presents a context."""
    site = site_now(Operation(Kind.READ, asset(uri)))
    assert site is not None
    return site, context


@contextmanager
def delivered(*arrived: Arrival) -> Generator[Frame]:
    """Stand in the work of messages."""
    frame = deliver(arrived[0][0], arrived)
    assert frame is not None
    set_frame(frame)
    try:
        judge_delivery(frame)
        yield frame
    finally:
        leave_delivery(frame)


@contextmanager
def copying() -> Generator[None]:
    """Write as long as a block, whose body is not in place: as the generator of a library does."""
    site = site_now(Operation(Kind.WRITE, asset(CLOSED)))
    assert site is not None
    frame_now()
    with Stage(get_frame()):
        handle = begin(site, stays_open=True, body=True)
    try:
        yield
    finally:
        end(handle)


class TestDelivery:
    def test_goes_on_under_the_senders_key_with_its_labels(self, seen: Capture) -> None:
        with delivered(arrival(CONTACT)):
            assert privacylib.current().correlation_key == CONTACT.correlation_key
            assert privacylib.current().labels == {"CONTACT"}
        assert privacylib.current().labels == frozenset()

    def test_is_admitted_by_the_zone_that_opens_in_it(self, seen: Capture) -> None:
        with delivered(arrival(CONTACT)), privacylib.zone("assistant"):
            write(LOG)
        read, written = seen.of("READ", LETTERS), seen.of("WRITE", LOG)
        assert [only(read).decision.verdict, only(written).decision.verdict] == [Verdict.ALLOW, Verdict.ALLOW]
        assert only(written).sources == (LETTERS,)

    def test_is_refused_to_a_zone_that_does_not_admit_it(self, seen: Capture, mode: str) -> None:
        with delivered(arrival(CONTACT)), denied(mode, "contact-use"), privacylib.zone("train"):
            pass
        assert {each.decision.verdict for each in seen.of("READ", LETTERS)} == {VERDICTS[mode]}

    def test_is_refused_again_where_the_host_swallows_that(self, strict: Capture) -> None:
        with delivered(arrival(CONTACT)):
            for _ in range(2):
                with pytest.raises(privacylib.PolicyDenied), privacylib.zone("train"):
                    pass

    def test_outside_any_zone_is_judged_at_the_first_write(self, seen: Capture, mode: str) -> None:
        with delivered(arrival(CONTACT)), denied(mode, "zone"):
            write(CLOSED)

    def test_outside_any_zone_is_judged_at_the_end_and_nothing_is_raised(self, seen: Capture, mode: str) -> None:
        with delivered(arrival(CONTACT)):
            pass
        assert only(seen.of("READ", LETTERS)).decision.verdict is VERDICTS[mode]

    @pytest.mark.parametrize("first", [True, False], ids=["before any scope", "after one"])
    def test_flows_into_a_block_outside_any_scope_that_it_is_got_in(self, strict: Capture, *, first: bool) -> None:
        if not first:
            with privacylib.scope("first"):
                pass
        with copying():
            for _ in range(2):
                with pytest.raises(privacylib.PolicyDenied), delivered(arrival(CONTACT)):
                    pass
            with (
                delivered(arrival(PolicyContext())),
                privacylib.zone("assistant"),
                pytest.raises(privacylib.PolicyDenied),
            ):
                read(USERS)
        with delivered(arrival(CONTACT)), privacylib.zone("assistant"):
            write(LOG)

    def test_a_check_before_any_zone_says_what_a_write_would_meet(self, strict: Capture) -> None:
        with delivered(arrival(CONTACT)):
            assert privacylib.check("write", LOG).requirement == "zone"

    def test_the_policy_puts_a_zone_around_what_comes_through_a_channel(self) -> None:
        zones = f'zones:\n  - {{match: "{LETTERS}", purpose: assistant}}\n'
        with capture(POLICY + zones, mode="enforce") as seen, delivered(arrival(CONTACT)):
            write(LOG)
        assert {each.decision.verdict for each in seen.records} == {Verdict.ALLOW}

    def test_a_zone_of_the_policy_refuses_before_the_message_is_handed_out(self) -> None:
        zones = f'zones:\n  - {{match: "{LETTERS}", purpose: train}}\n'
        with capture(POLICY + zones, mode="enforce"):
            frame = get_frame()
            with pytest.raises(privacylib.PolicyDenied), delivered(arrival(CONTACT)):
                raise AssertionError
            set_frame(frame)

    def test_a_zone_of_the_sender_stays(self, strict: Capture) -> None:
        sent = PolicyContext(frozenset({"CONTACT"}), Zone(("assistant", "ads")), "ab" * 16, verified=True)
        with pytest.raises(privacylib.PolicyDenied), delivered(arrival(sent)):
            raise AssertionError

    def test_what_cannot_be_believed_is_unknown(self, seen: Capture, mode: str) -> None:
        forged = PolicyContext(unknown="bad-signature")
        with delivered(arrival(forged)), denied(mode, "unknown"), privacylib.zone("assistant"):
            write(UNKNOWN_SINK)

    def test_of_a_batch_all_are_held_and_each_is_judged(self, seen: Capture) -> None:
        with delivered(arrival(CONTACT), arrival(CLICKS, OTHERS)):
            assert privacylib.current().labels == {"CONTACT", "INTERACTION"}
            with privacylib.zone("assistant"):
                write(LOG)
        assert {each.asset for each in seen.records if each.kind == "READ"} == {LETTERS, OTHERS}
        assert set(only(seen.of("WRITE", LOG)).sources) == {LETTERS, OTHERS}

    def test_an_isolated_part_of_its_work_is_judged_too(self, seen: Capture, mode: str) -> None:
        with (
            delivered(arrival(CONTACT)),
            privacylib.scope("part", isolated=True),
            denied(mode, "zone"),
            privacylib.zone("assistant", labels={"INTERACTION"}),
        ):
            pass
        assert {each.decision.verdict for each in seen.of("READ", LETTERS)} == {VERDICTS[mode]}

    def test_it_holds_what_the_policy_says_of_its_channel(self) -> None:
        annotated = POLICY.replace("requirements:", f'  - {{match: "{LETTERS}", labels: [INTERACTION]}}\nrequirements:')
        with capture(annotated, mode="enforce"), delivered(arrival(CONTACT)):
            assert privacylib.current().labels == {"CONTACT", "INTERACTION"}

    def test_a_check_sees_all_of_a_batch(self, strict: Capture) -> None:
        with delivered(arrival(PolicyContext()), arrival(CONTACT, OTHERS)):
            assert privacylib.check("write", LOG).requirement == "zone"

    def test_of_a_batch_the_second_is_judged_too(self, strict: Capture) -> None:
        with delivered(arrival(CLICKS), arrival(CONTACT, OTHERS)):
            with pytest.raises(privacylib.PolicyDenied) as caught, privacylib.zone("train"):
                pass
            assert caught.value.decision.requirement == "contact-use"

    def test_it_flows_into_the_declared_body_that_it_arrives_in(self, seen: Capture, mode: str) -> None:
        @privacylib.writes(CLOSED)
        def keep() -> None:
            with delivered(arrival(CONTACT)):
                pass

        with denied(mode, "flow"):
            keep()
        denying = [each for each in seen.of("WRITE", CLOSED) if each.sources == (LETTERS,)]
        assert only(denying).decision.verdict is VERDICTS[mode]

    def test_what_is_read_on_its_behalf_flows_into_that_body_too(self, seen: Capture, mode: str) -> None:
        @privacylib.writes(CLOSED)
        def keep() -> None:
            with delivered(arrival(PolicyContext())), privacylib.zone("assistant"):
                read(USERS)

        with denied(mode, "flow"):
            keep()


class TestTakingIn:
    def test_work_in_a_scope_of_its_own_holds_it(self, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            key = privacylib.current().correlation_key
            take(CONTACT)
            assert privacylib.current().labels == {"CONTACT"}
            assert privacylib.current().correlation_key == key

    def test_what_the_zone_does_not_admit_is_not_held(self, strict: Capture) -> None:
        with privacylib.zone("train"):
            with pytest.raises(privacylib.PolicyDenied):
                take(CONTACT)
            assert privacylib.current().labels == frozenset()

    def test_it_flows_into_writes_that_are_open(self, strict: Capture) -> None:
        with (
            privacylib.zone("assistant"),
            pytest.raises(privacylib.PolicyDenied) as caught,
            privacylib.write(CLOSED),
        ):
            take(CONTACT)
        assert caught.value.decision.requirement == "flow"


def take(context: PolicyContext) -> None:
    """Receive a message in the running work."""
    frame = get_frame()
    assert frame is not None
    take_in(*arrival(context), frame)


class TestCarrying:
    @pytest.mark.parametrize(("broker", "travels"), [("127.0.0.1:9092", True), ("broker.example.org:9092", False)])
    def test_context_goes_along_where_it_may(self, observed: Capture, broker: str, travels: bool) -> None:
        headers: dict[str, Any] = {"baggage": "theirs=1"}
        site = site_now(Operation(Kind.WRITE, asset(f"kafka://{broker}/letters")))
        assert site is not None
        with privacylib.zone("assistant"):
            handle = begin(site)
            assert handle is not None
            carry(handle, headers)
            end(handle)
        assert "theirs=1" in headers["baggage"]
        assert ("privacylib=" in headers["baggage"]) is travels
        assert privacylib.extract(headers).verified is travels
