"""Endpoints from both sides: what is called, what is served, and labels that come back."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

import pytest
from attrs import frozen

import privacylib
from privacylib.context import frame_now
from privacylib.model import Kind, Operation, PolicyContext, Zone
from privacylib.naming import asset
from privacylib.runtime import Handle, answer, begin, end, finish, respond, serve, serve_taken, site_now
from privacylib.testing import Capture, capture
from tests.runtime.world import CLICKS, CLOSED, LOG, POLICY, PUBLIC, RANKER, USERS, denied, only, read, write

ASK = "http://test/ask"
OTHER = "http://other.example.org/api"
VERIFIED = PolicyContext(labels=frozenset({"CONTACT"}), correlation_key="ab" * 16, pair=7, verified=True)


def begun(uri: str, *, streams: bool = False, judges: bool | None = None) -> Handle:
    """Begin a call."""
    site = site_now(Operation(Kind.CALL, asset(uri)))
    assert site is not None
    handle = begin(site, stays_open=streams, judges=judges)
    assert handle is not None
    return handle


def taken(context: PolicyContext | None = None, uri: str = ASK) -> Handle:
    """Take in a request."""
    site = site_now(Operation(Kind.SERVE, asset(uri)))
    assert site is not None
    handle = serve(site, context or PolicyContext())
    assert handle is not None
    return handle


@contextmanager
def served(context: PolicyContext | None = None, uri: str = ASK) -> Generator[Handle]:
    """Serve a request."""
    handle = taken(context, uri)
    try:
        yield handle
    finally:
        finish(handle)


class TestServedInABody:
    """A request that is served inside the body of a declared write flows into it, and so does what it reads."""

    @pytest.fixture(params=[PolicyContext(), VERIFIED], ids=["no context", "verified"])
    def context(self, request: pytest.FixtureRequest) -> PolicyContext:
        return request.param

    def test_what_the_request_reads_flows_into_it(self, mode: str, seen: Capture, context: PolicyContext) -> None:
        @privacylib.writes(CLOSED)
        def main() -> None:
            with served(context, OTHER), privacylib.zone("assistant"):
                read(USERS)

        with denied(mode, "flow"):
            main()

    def test_the_request_itself_flows_into_it(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def main() -> None:
            with served(VERIFIED, OTHER):
                pass

        with pytest.raises(privacylib.PolicyDenied) as caught:
            main()
        assert caught.value.asset == CLOSED
        assert privacylib.current().labels == frozenset()

    def test_also_one_whose_caller_is_known(self, strict: Capture) -> None:
        known = VERIFIED.zone, VERIFIED.unknown

        @privacylib.writes(CLOSED)
        def main() -> None:
            site = site_now(Operation(Kind.SERVE, asset(OTHER)))
            assert site is not None
            finish(serve_taken(site, Presented(VERIFIED.labels, *known), VERIFIED.correlation_key, VERIFIED.pair))

        with pytest.raises(privacylib.PolicyDenied) as caught:
            main()
        assert caught.value.asset == CLOSED

    def test_behind_the_body_it_does_not(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def main() -> None:
            with served(uri=OTHER):
                pass

        main()
        with served(uri=OTHER), privacylib.zone("assistant"):
            read(USERS)
        assert only(strict.of("WRITE")).labels == frozenset()

    def test_the_call_that_it_came_by_is_complete(self, strict: Capture) -> None:
        @privacylib.calls(OTHER)
        def ask() -> None:
            pair = frame_now().pair
            with served(PolicyContext(pair=pair, verified=True)), privacylib.zone("assistant"):
                read(USERS)

        ask()
        assert [each.asset for each in strict.of("CALL")] == [OTHER]


@frozen
class Presented:
    """Tell what a caller presents."""

    labels: frozenset[str]
    zone: Zone | None
    unknown: str | None


class TestCall:
    def test_writes_the_request_and_reads_the_response(self, observed: Capture) -> None:
        with privacylib.zone("assistant"):
            read(CLICKS)
            with privacylib.call(RANKER):
                pass
            write(LOG)
        assert observed.pairs == {
            (CLICKS, f"{RANKER}#request"), (CLICKS, LOG), (f"{RANKER}#response", LOG),
        }  # fmt: skip

    def test_its_own_response_is_no_source_of_its_request(self, observed: Capture) -> None:
        @privacylib.calls(RANKER)
        def rank() -> None:
            pass

        with privacylib.zone("assistant"):
            rank()
            assert only(observed.of("CALL")).sources == ()
            rank()
        assert observed.of("CALL")[1].sources == (f"{RANKER}#response",)

    def test_two_responses_with_different_labels_are_one_source(self, observed: Capture) -> None:
        with privacylib.zone("assistant"):
            for label in ("CONTACT", "INTERACTION"):
                handle = begun(RANKER)
                end(handle)
                answer(handle, PolicyContext(labels=frozenset({label}), verified=True))
            write(LOG)
        written = only(observed.of("WRITE"))
        assert (written.sources, written.labels) == ((f"{RANKER}#response",), {"CONTACT", "INTERACTION"})
        assert len(observed.edges) == 2  # one into the second request, one into the log

    @pytest.mark.parametrize(("brought", "labels", "unknown"), [
        (PolicyContext(labels=frozenset({"CONTACT"}), verified=True), {"CONTACT"}, None),
        (None, {"INTERACTION"}, None),
        (PolicyContext(unknown="expired"), set[str](), "expired"),
    ])  # fmt: skip
    def test_a_response_brings_its_labels_or_has_its_annotation(
        self, brought: PolicyContext | None, labels: set[str], unknown: str | None, observed: Capture
    ) -> None:
        with privacylib.zone("assistant"):
            handle = begun(RANKER)
            end(handle)
            answer(handle, brought)
            assert (privacylib.current().labels, privacylib.current().unknown) == (labels, unknown)

    def test_without_either_it_is_unknown_where_the_policy_requires_context(self, observed: Capture) -> None:
        for required, unknown in ((False, None), (True, "missing")):
            with privacylib.scope("work", fresh=True):
                handle = begun(OTHER)
                end(handle)
                answer(handle, None, required=required)
                assert privacylib.current().unknown == unknown

    def test_a_response_that_the_zone_does_not_admit_is_denied(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant", labels={"INTERACTION"}):
            handle = begun(RANKER)
            end(handle)
            with denied(mode, "zone"):
                answer(handle, PolicyContext(labels=frozenset({"CONTACT"}), verified=True))
            assert privacylib.current().labels == (set() if mode == "enforce" else {"CONTACT"})

    def test_a_response_is_decided_as_a_flow_into_open_writes(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"), privacylib.write(CLOSED), denied(mode, "flow"), privacylib.call(RANKER):
            pass

    def test_a_failed_call_brings_nothing(self, observed: Capture) -> None:
        with privacylib.zone("assistant"):
            with pytest.raises(OSError, match="down"), privacylib.call(RANKER):
                raise OSError("down")
            assert privacylib.current().labels == frozenset()
        assert only(observed.of("CALL")).failed


EGRESS = POLICY + 'trust: {egress: ["http://other.example.org/**"]}\n'


class TestEgress:
    def test_an_endpoint_that_carries_our_context_judges_for_itself(self) -> None:
        for policy, allowed in ((POLICY, False), (EGRESS, True)):
            with capture(policy, mode="enforce"), privacylib.zone("assistant"):
                read(CLICKS)
                assert privacylib.check("call", OTHER).allowed is allowed
                with suppress(privacylib.PolicyDenied), privacylib.call(OTHER):
                    assert allowed

    def test_it_is_still_bound_to_purposes(self) -> None:
        with capture(EGRESS, mode="enforce"), privacylib.zone("assistant"):
            read(CLICKS)
            with privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied), privacylib.call(OTHER):
                pass

    def test_by_default_that_is_this_machine(self, strict: Capture) -> None:
        with privacylib.zone("assistant"):
            read(CLICKS)
            with privacylib.call("http://127.0.0.1:8000/rank"):
                pass
        strict.assert_no_violations()

    def test_inject_inside_a_call_is_for_that_call_also_in_a_zone(self, observed: Capture) -> None:
        with privacylib.call("http://127.0.0.1:8000/rank"), privacylib.zone("assistant"):
            told = privacylib.extract(privacylib.inject({}, to="http://127.0.0.1:8000/rank"))
        assert told.pair == only(observed.of("CALL")).span


ZONED = 'zones: [{match: "http://**/ask", purpose: assistant}]\n'


class TestServe:
    def test_reads_the_request_and_writes_the_response(self, observed: Capture) -> None:
        with served() as handle, privacylib.zone("assistant"):
            read(USERS)
            respond(handle, verified=False)
        assert observed.pairs == {(f"{ASK}#request", f"{ASK}#response"), (USERS, f"{ASK}#response")}

    def test_is_a_scope_of_its_own_under_the_callers_key(self, observed: Capture) -> None:
        with privacylib.zone("ads"):
            read(PUBLIC)
            with served(VERIFIED):
                context = privacylib.current()
        assert (context.correlation_key, context.purpose) == ("ab" * 16, "ads")
        assert (context.labels, context.reads) == ({"CONTACT", "INTERACTION"}, (f"{ASK}#request",))

    def test_the_callers_zone_goes_on(self, observed: Capture) -> None:
        context = PolicyContext(zone=Zone(("assistant",), frozenset({"INTERACTION"})), pair=7, verified=True)
        with served(context), privacylib.zone("train"):
            write(LOG)
        assert only(observed.of("WRITE")).purposes == ("assistant", "train")

    def test_a_zone_of_the_policy_opens_around_it(self, mode: str) -> None:
        policy = POLICY + 'zones: [{match: "http://**/ask", purpose: ads, labels: [INTERACTION]}]\n'
        with capture(policy, mode=mode) as seen:
            with denied(mode, "interaction-use"), served():
                assert privacylib.current().purpose == "ads"
            assert privacylib.current().purpose is None
            assert only(seen.of("READ", ASK)).fields == ("request",)

    class TestRequestIsJudged:
        def test_when_the_first_zone_opens(self, mode: str, seen: Capture) -> None:
            with served():
                with denied(mode, "interaction-use"), privacylib.zone("ads"):
                    pass
                with suppress(privacylib.PolicyDenied):
                    write(PUBLIC)
            assert only(seen.of("READ", ASK)[:1]).purposes == ("ads",)

        def test_at_its_first_write(self, mode: str, seen: Capture) -> None:
            with served(), denied(mode, "zone"):
                write(LOG)
            assert only(seen.of("READ", ASK)).decision.requirement == "zone"

        def test_at_its_end(self, seen: Capture) -> None:
            with served():
                pass
            assert only(seen.of("READ", ASK)).decision.requirement == "zone"

        def test_once_where_it_may_be_used(self, strict: Capture) -> None:
            with served():
                with privacylib.zone("assistant"):
                    write(LOG)
                with privacylib.scope("alone", isolated=True), privacylib.zone("assistant"):
                    write(LOG)
            assert strict.of("READ") == []

        def test_once_where_that_is_only_observed(self, observed: Capture) -> None:
            with served():
                with privacylib.scope("outer", isolated=True), privacylib.scope("inner", isolated=True):
                    write(LOG)
                with privacylib.scope("next", isolated=True):
                    write(LOG)
            assert len(observed.of("READ", ASK)) == 1

        def test_again_where_the_host_swallowed_the_refusal(self, strict: Capture) -> None:
            """Fault 51: an application's own handler must not let through what was refused."""
            policy = POLICY.replace("allow: {purposes: [assistant, train]}", "allow: {}")
            with capture(policy, mode="enforce") as seen, served():
                for _ in range(2):
                    with pytest.raises(privacylib.PolicyDenied):
                        write(LOG)
                assert seen.pairs == set()

        def test_check_tells_before(self, strict: Capture) -> None:
            with served():
                assert privacylib.check("write", LOG).requirement == "zone"
                with pytest.raises(privacylib.PolicyDenied):
                    write(LOG)

    def test_a_response_is_decided_before_its_first_byte(self, mode: str, seen: Capture) -> None:
        with served() as handle, privacylib.zone("assistant"):
            read(USERS)
            with denied(mode, "flow"):
                respond(handle, verified=False)

    def test_a_refused_response_is_a_denial_and_no_edge(self, strict: Capture) -> None:
        with served() as handle, privacylib.zone("assistant"):
            read(USERS)
            with pytest.raises(privacylib.PolicyDenied):
                respond(handle, verified=False)
        assert strict.pairs == set()
        assert [each.denied for each in strict.of("SERVE")] == [True]

    def test_a_caller_with_a_verified_context_judges_for_itself(self) -> None:
        policy = POLICY.replace("http://test/ask", "http://elsewhere/ask") + ZONED
        with capture(policy, mode="enforce"):
            for context in (PolicyContext(), VERIFIED):
                with served(context) as handle:
                    read(USERS)
                    if context.verified:
                        told = respond(handle, verified=True)
                        assert told is not None
                        assert "CONTACT" in told.labels
                    else:
                        with pytest.raises(privacylib.PolicyDenied):
                            respond(handle, verified=False)

    def test_a_response_leaves_the_zones_that_its_handler_opened(self, mode: str, seen: Capture) -> None:
        with served() as handle:
            with privacylib.zone("assistant"):
                pass
            with denied(mode, "interaction-use"):
                respond(handle, verified=True)

    def test_a_response_stays_open_until_it_ends(self, mode: str) -> None:
        with capture(POLICY + ZONED, mode=mode), served() as handle:
            respond(handle, verified=False)
            with denied(mode, "flow"):
                read(USERS)

    def test_a_failed_one_is_marked(self, observed: Capture) -> None:
        finish(taken(), failed=True)
        assert only(observed.of("SERVE")).failed

    def test_nothing_stays_in_place(self, observed: Capture) -> None:
        with served():
            pass
        assert privacylib.current().reads == ()
