"""Modes, what a denial does in each, and who wins when promises collide."""

import copy
import pickle
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

import privacylib
from privacylib.testing import Capture, capture
from tests.runtime.world import (
    CLICKS,
    CLOSED,
    LOG,
    POLICY,
    RANKER,
    USERS,
    VERDICTS,
    denied,
    enforced,
    only,
    read,
    write,
)


def test_the_decision_is_the_same_and_only_its_verdict_differs(mode: str, seen: Capture) -> None:
    with privacylib.zone("assistant"):
        read(USERS)
        with denied(mode, "flow"):
            write(CLOSED)
    decision = only(seen.of("WRITE")).decision
    assert (decision.verdict, decision.requirement) == (VERDICTS[mode], "flow")
    assert (CLOSED in decision.reason, "assets:" in decision.remedy) == (True, True)


class TestDeniedBeforeTheIO:
    invoked: list[str]

    @pytest.fixture(autouse=True)
    def work(self) -> Iterator[None]:
        self.invoked = []
        with enforced(), privacylib.zone("assistant"):
            read(CLICKS)
            yield
        assert self.invoked == []

    def test_function(self) -> None:
        @privacylib.writes(CLOSED)
        def export() -> None:
            self.invoked.append("function")

        with pytest.raises(privacylib.PolicyDenied):
            export()

    async def test_coroutine(self) -> None:
        @privacylib.writes(CLOSED)
        async def export() -> None:
            self.invoked.append("coroutine")

        with pytest.raises(privacylib.PolicyDenied):
            await export()

    async def test_async_generator(self) -> None:
        @privacylib.writes(CLOSED)
        async def export() -> AsyncIterator[int]:
            self.invoked.append("generator")
            yield 1

        with pytest.raises(privacylib.PolicyDenied):
            await anext(export())

    def test_block(self) -> None:
        with pytest.raises(privacylib.PolicyDenied), privacylib.write(CLOSED):
            self.invoked.append("block")

    def test_call(self) -> None:
        @privacylib.calls("http://ads.example.org/track")
        def track() -> None:
            self.invoked.append("call")

        with pytest.raises(privacylib.PolicyDenied):
            track()

    def test_call_whose_annotated_response_the_zone_does_not_admit(self) -> None:
        with (
            privacylib.zone("assistant", labels={"CONTACT"}),
            pytest.raises(privacylib.PolicyDenied),
            privacylib.call(RANKER),
        ):
            self.invoked.append("call")

    def test_read(self) -> None:
        @privacylib.reads(USERS)
        def users() -> None:
            self.invoked.append("read")

        with privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied):
            users()
        assert privacylib.current().labels == {"INTERACTION"}


def caught() -> privacylib.PolicyDenied:
    with enforced(), privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied) as found:
        read(USERS)
    return found.value


def pickled(error: privacylib.PolicyDenied) -> privacylib.PolicyDenied:
    return pickle.loads(pickle.dumps(error))  # noqa: S301 - what it just wrote itself


class TestPolicyDenied:
    def test_is_an_exception_that_carries_the_decision(self) -> None:
        error = caught()
        assert isinstance(error, privacylib.PrivacyError)
        assert error.asset == USERS
        assert (error.decision.requirement, bool(error.decision.reason)) == ("contact-use", True)
        assert "requirements:" in error.decision.remedy
        assert error.decision.remedy in str(error)

    @pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])  # pyright: ignore[reportUnknownArgumentType] - copy is generic
    def test_survives_pickling_and_copying(
        self, again: Callable[[privacylib.PolicyDenied], privacylib.PolicyDenied]
    ) -> None:
        error = caught()
        other = again(error)
        assert (other.decision, other.asset, str(other)) == (error.decision, error.asset, str(error))


class TestRecords:
    def test_denials_are_kept_apart_and_never_enter_edges(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            read(CLICKS)
            with denied(mode, "flow"):
                write(CLOSED)
        assert [each.denied for each in seen.of("WRITE")] == [mode == "enforce"]
        assert seen.pairs == (set() if mode == "enforce" else {(CLICKS, CLOSED)})

    def test_a_denied_read_is_not_held(self, strict: Capture) -> None:
        with privacylib.zone("ads"):
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)
            write(CLOSED)
        assert only(strict.of("WRITE")).sources == ()

    def test_a_write_that_went_ahead_shows_what_it_would_have_been_denied_for(self, observed: Capture) -> None:
        with privacylib.zone("assistant"):
            read(CLICKS)
            write(CLOSED)
        assert [edge["decision"] for edge in observed.edges] == ["WOULD_DENY"]


MIXED = POLICY.replace(
    "{id: interaction-use, applies_to: [INTERACTION], allow: {purposes: [assistant, train]}, mode: enforce}",
    "{id: interaction-use, applies_to: [INTERACTION], allow: {purposes: [assistant, train]}, mode: simulate}",
)


class TestRequirements:
    def test_each_has_its_own_mode(self) -> None:
        with capture(MIXED, mode="enforce") as seen, privacylib.zone("ads"):
            read(CLICKS)
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)
            assert [each.decision.verdict.value for each in seen.of("READ")] == ["WOULD_DENY", "DENY"]

    def test_built_in_rules_take_the_strictest_of_those_that_apply(self) -> None:
        with capture(MIXED, mode="enforce"), privacylib.zone("assistant"):
            read(CLICKS)
            write(CLOSED)
            read(USERS)
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)

    def test_with_none_that_applies_they_observe(self) -> None:
        policy = 'version: 1\nlabels: {A: {}}\nassets: [{match: "s3://b/a", labels: [A]}]\n'
        with capture(policy, mode="enforce") as seen:
            read("s3://b/a")
            write(CLOSED)
        assert [each.decision.requirement for each in seen.records] == ["zone", "flow"]

    def test_the_one_that_weighs_most_comes_first(self) -> None:
        with capture(MIXED, mode="enforce"), privacylib.zone("assistant"):
            read(CLICKS)
            read(USERS)
            with privacylib.zone("ads"):
                decision = privacylib.check("write", LOG)
        assert [each.requirement for each in decision.violations] == ["contact-use", "interaction-use"]


class TestCheck:
    def test_is_the_same_decision_without_io_and_without_a_record(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            assert privacylib.check("read", CLICKS).allowed
            assert seen.records == []
            read(CLICKS)
            decision = privacylib.check("write", CLOSED)
            with denied(mode, "flow"):
                write(CLOSED)
        assert only(seen.of("WRITE")).decision == decision

    def test_for_a_call_it_asks_about_the_response_too(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT"}):
            decision = privacylib.check("call", RANKER)
            with pytest.raises(privacylib.PolicyDenied) as caught, privacylib.call(RANKER):
                pass
        assert caught.value.decision == decision

    def test_of_fields(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT.EMAIL"}):
            assert privacylib.check("read", USERS, ["email"]).allowed
            assert not privacylib.check("read", USERS, ["name"]).allowed

    def test_of_another_kind_names_those_there_are(self) -> None:
        with pytest.raises(ValueError, match="read, write, call"):
            privacylib.check("delete", USERS)

    def test_before_init_allows(self) -> None:
        assert privacylib.check("write", USERS).allowed
