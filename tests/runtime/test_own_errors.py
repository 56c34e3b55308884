"""What happens when privacylib itself fails."""

import logging
from collections.abc import Iterator
from typing import NoReturn

import pytest
from attrs import evolve

import privacylib
from privacylib.context import frame_now
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.naming import asset
from privacylib.recorder import MemoryStore, Recorder
from privacylib.runtime import ACTIVE, faults, site_now
from privacylib.runtime.messages import take_in
from privacylib.testing import Capture, capture
from tests.runtime.test_endpoints import served
from tests.runtime.world import CLOSED, LOG, POLICY, USERS, read, stopped, write


def fail(*args: object, **kwargs: object) -> NoReturn:
    """Fail with a message that holds data."""
    raise RuntimeError("ana@example.org")


class Broken:
    """Fail whatever it is asked."""

    __getattr__ = fail


class Full(Recorder):
    """Refuse every record, or every definition."""

    __slots__ = ("_define",)

    def __init__(self, define: bool) -> None:
        super().__init__(MemoryStore(), "test")
        self._define = define

    def define(self, flow: object) -> int:
        return super().define(flow) if self._define else 0  # pyright: ignore[reportArgumentType] - broken on purpose

    def append(self, *args: object) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride] - likewise
        return False


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    faults.counted.clear()
    yield
    faults.counted.clear()


def broken(**parts: object) -> None:
    """Replace parts of the snapshot in force."""
    assert ACTIVE.snapshot is not None
    ACTIVE.snapshot = evolve(ACTIVE.snapshot, **parts)  # pyright: ignore[reportArgumentType] - any part


class TestOnTheDecisionPath:
    def test_the_host_goes_on_and_it_is_counted_but_enforce_denies(self, mode: str, seen: Capture) -> None:
        invoked: list[int] = []

        @privacylib.writes(LOG)
        def export() -> None:
            invoked.append(1)

        broken(engine=Broken())
        with stopped(mode, "unknown"):
            export()
        assert (invoked, faults.counted["deciding:RuntimeError"]) == ([] if mode == "enforce" else [1], 1)

    @pytest.mark.pure
    def test_an_operation_that_is_known_already_too(
        self, mode: str, seen: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from privacylib.runtime.known import Site

        monkeypatch.setattr(Site, "held", fail)
        with stopped(mode, "unknown"):
            write(LOG)
        assert faults.counted["deciding:RuntimeError"] == 1

    def test_a_request_and_its_zone(self, mode: str, seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        with served():
            assert ACTIVE.snapshot is not None
            monkeypatch.setattr(ACTIVE.snapshot.engine, "read", fail)
            with stopped(mode, "unknown"), privacylib.zone("assistant"):
                pass
        assert faults.counted["deciding:RuntimeError"] >= 1

    def test_the_denial_names_no_data(self, strict: Capture) -> None:
        broken(engine=Broken())
        with pytest.raises(privacylib.PolicyDenied) as caught:
            read("s3://mail/ana@example.org")
        assert "ana" not in str(caught.value)


class TestOnTheRecordPath:
    @pytest.mark.pure
    def test_the_host_goes_on_in_every_mode(self, mode: str, seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        with privacylib.zone("assistant"), privacylib.read(USERS):
            assert ACTIVE.snapshot is not None
            monkeypatch.setattr("privacylib.runtime.hot.host_context", fail)
        assert faults.counted["recording:RuntimeError"] == 1

    @pytest.mark.parametrize("define", [True, False])
    def test_mandatory_lineage_stops_what_is_not_recorded(self, mode: str, define: bool) -> None:
        policy = POLICY.replace("{purposes: [assistant]}, mode", "{purposes: [assistant]}, lineage: mandatory, mode")
        invoked: list[int] = []

        @privacylib.reads(USERS)
        def users() -> None:
            invoked.append(1)

        with capture(policy, mode=mode):
            broken(recorder=Full(define))
            with privacylib.zone("assistant"), stopped(mode, "contact-use"):
                users()
        assert invoked == ([1] if mode != "enforce" or define else [])

    @pytest.mark.parametrize("define", [True, False])
    @pytest.mark.parametrize(
        "brought",
        [PolicyContext(labels=frozenset({"CONTACT"}), verified=True), PolicyContext(unknown="expired")],
        ids=["such data", "unknown data, which may be such"],
    )
    def test_mandatory_lineage_holds_of_messages_too(self, mode: str, brought: PolicyContext, define: bool) -> None:
        policy = POLICY.replace("{purposes: [assistant]}, mode", "{purposes: [assistant]}, lineage: mandatory, mode")
        with capture(policy, mode=mode):
            broken(recorder=Full(define))
            site = site_now(Operation(Kind.READ, asset("kafka://127.0.0.1:9092/letters")))
            assert site is not None
            with privacylib.zone("assistant"), stopped(mode, "contact-use"):
                take_in(site, brought, frame_now())

    def test_best_effort_lineage_does_not(self, strict: Capture) -> None:
        broken(recorder=Full(define=False))
        with privacylib.zone("assistant"):
            read(USERS)
            assert "CONTACT" in privacylib.current().labels

    def test_mandatory_lineage_of_a_requirement_that_observes_breaks_nothing(self) -> None:
        policy = POLICY.replace(
            "{purposes: [assistant]}, mode: enforce", "{purposes: [assistant]}, lineage: mandatory, mode: observe"
        )
        with capture(policy, mode="enforce"):
            broken(recorder=Full(define=True))
            with privacylib.zone("assistant"):
                read(USERS)
                assert "CONTACT" in privacylib.current().labels

    def test_the_hosts_own_exception_is_never_replaced(self) -> None:
        policy = POLICY.replace("{purposes: [assistant]}, mode", "{purposes: [assistant]}, lineage: mandatory, mode")
        with capture(policy, mode="enforce"):
            broken(recorder=Full(define=True))
            with pytest.raises(KeyError), privacylib.zone("assistant"), privacylib.read(USERS):
                raise KeyError


def test_errors_are_logged_at_most_once_a_minute_and_never_with_data(
    observed: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_next_line", 0.0)
    broken(engine=Broken())
    with caplog.at_level(logging.WARNING, "privacylib"):
        for _ in range(20):
            read("s3://mail/ana@example.org")
    assert len(caplog.records) == 1
    assert "ana" not in caplog.text
    assert faults.counted["deciding:RuntimeError"] == 20


class TestProbes:
    def test_are_offered_the_payload_with_the_impersonal_name(self, observed: Capture) -> None:
        offered: list[tuple[Asset, object]] = []
        broken(probes=(lambda asset, value: offered.append((asset, value)),))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        with privacylib.read("s3://mail/ana@example.org") as op:
            op.payload("text")
        assert [(asset.uri, value) for asset, value in offered] == [("s3://mail/{email}", "text")]

    def test_that_fail_are_counted_and_the_host_goes_on(self, strict: Capture) -> None:
        broken(probes=(fail,))
        with privacylib.write(CLOSED) as op:
            op.payload("text")
        assert faults.counted["probing:RuntimeError"] == 1

    def test_before_init_and_outside_the_block_there_are_none(self) -> None:
        with privacylib.read(USERS) as op:
            op.payload("text")
        op.payload("text")
        assert not faults.counted


def test_an_unknown_start_is_no_error(strict: Capture) -> None:
    with privacylib.attached(PolicyContext(unknown="expired")):
        pass
    assert faults.counted == {}
