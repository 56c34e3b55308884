"""From `init` to `shutdown`: before, again, changed, and who decides."""

import argparse
import inspect
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.cli.policy import check
from privacylib.context import PROCESS
from privacylib.errors import NotInitialised
from privacylib.graph import Graph
from privacylib.model import Mode, Verdict
from privacylib.recorder import producers
from privacylib.runtime import ACTIVE
from tests.runtime.world import CLICKS, CLOSED, LOG, POLICY, PUBLIC, USERS, read, write


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    privacylib.shutdown()


def edges(spool: Path) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.sink, edge.service) for edge in Graph(producers(spool)).edges()}


def refused() -> bool:
    """Say whether a write is denied that the policy of the world denies."""
    with privacylib.scope("work", fresh=True), privacylib.zone("assistant"):
        read(CLICKS)
        try:
            write(CLOSED)
        except privacylib.PolicyDenied:
            return True
    return False


class TestBeforeInit:
    def test_everything_passes_straight_through(self) -> None:
        with privacylib.zone("ads"), privacylib.scope("work"), privacylib.call("http://x.example.org/y"):
            read(USERS)
            write(CLOSED)
            assert privacylib.current().labels == frozenset()

    @pytest.mark.parametrize("use", [
        lambda: read(USERS),
        lambda: write(USERS),
        lambda: privacylib.zone("ads").__enter__(),
        lambda: privacylib.scope("work").__enter__(),
        lambda: privacylib.check("read", USERS),
        privacylib.current,
        lambda: privacylib.inject({}),
        lambda: privacylib.extract({}),
    ])  # fmt: skip
    def test_required_it_raises_instead(self, use: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ACTIVE, "required", True)
        with pytest.raises(NotInitialised, match=r"privacylib\.init"):
            use()

    @pytest.mark.parametrize(
        ("value", "required"), [("1", True), ("true", True), ("YES", True), ("", False), ("0", False), ("False", False)]
    )
    def test_what_the_operator_writes_is_meant(
        self, value: str, required: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PRIVACYLIB_REQUIRED", value)
        assert type(ACTIVE)().required is required

    def test_decorating_is_allowed_even_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ACTIVE, "required", True)
        decorated = privacylib.zone("ads")(privacylib.reads(USERS)(print))
        assert inspect.unwrap(decorated) is print


class TestInit:
    def test_records_into_the_spool(self, policy: Path, tmp_path: Path) -> None:
        privacylib.init("web", policy=policy, spool=tmp_path / "spool")
        with privacylib.zone("assistant"):
            read(USERS)
            write(LOG)
        assert edges(tmp_path / "spool") == {(USERS, LOG, "web")}

    def test_a_second_one_replaces_the_configuration(self, policy: Path) -> None:
        privacylib.init("web", policy=policy)
        assert not refused()
        privacylib.init("web", policy=policy, mode="enforce")
        assert refused()
        privacylib.init("web")
        assert not refused()

    def test_a_second_one_under_another_name_records_under_that(self, tmp_path: Path) -> None:
        for service in ("web", "worker"):
            privacylib.init(service, spool=tmp_path / "spool")
            with privacylib.scope("work", fresh=True):
                read(PUBLIC)
                write(LOG)
        assert {service for _, _, service in edges(tmp_path / "spool")} == {"web", "worker"}

    def test_a_second_one_brings_its_policy_and_the_zones_around_the_command_as_one(self, tmp_path: Path) -> None:
        """Work that comes while the exporters before it are taken down stands in the new command's zone."""
        file = tmp_path / "policy.yaml"
        file.write_text(POLICY + 'zones: [{match: "command://*", purpose: assistant}]')
        found: list[Verdict] = []

        def asked() -> None:
            found.append(privacylib.check("read", CLICKS).verdict)

        class Asking(InMemorySpanExporter):
            def shutdown(self) -> None:
                thread = threading.Thread(target=Context().run, args=(asked,))
                thread.start()
                thread.join()

        privacylib.init("web", exporter=Asking(), spool=tmp_path / "one", mode="enforce")
        assert privacylib.check("read", CLICKS).verdict is Verdict.ALLOW
        privacylib.init("worker", policy=file, spool=tmp_path / "two", mode="enforce")
        PROCESS.restart()  # the tests behind this one stand in no zone
        assert found == [Verdict.ALLOW]

    def test_is_one_snapshot_that_running_operations_keep(self, policy: Path) -> None:
        privacylib.init("web", policy=policy)
        with privacylib.zone("assistant"), privacylib.write(LOG):
            privacylib.init("web")
        assert ACTIVE.snapshot is not None

    def test_a_wrong_one_leaves_the_old_in_force(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        policy.write_text("version: 7\n")
        with pytest.raises(privacylib.PrivacyError):
            privacylib.init("web", policy=policy)
        with pytest.raises(privacylib.PrivacyError, match="observe, simulate or enforce"):
            privacylib.init("web", mode="strict")
        assert refused()

    def test_shutdown_passes_straight_through_again(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        privacylib.shutdown()
        assert not refused()


class TestVariables:
    def test_win_over_arguments(self, policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        wins = {"SERVICE": "ops", "POLICY": str(policy), "MODE": "enforce", "SPOOL": str(tmp_path / "ops")}
        for name, value in wins.items():
            monkeypatch.setenv(f"PRIVACYLIB_{name}", value)
        monkeypatch.setenv("PRIVACYLIB_REGION", "eu")
        privacylib.init("web", mode="observe", spool=tmp_path / "web", region="us")
        assert refused()
        snapshot = ACTIVE.snapshot
        assert snapshot is not None
        assert (snapshot.service, snapshot.mode, snapshot.engine.region) == ("ops", Mode.ENFORCE, "eu")
        assert ((tmp_path / "ops").exists(), (tmp_path / "web").exists()) == (True, False)

    def test_a_wrong_one_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRIVACYLIB_MODE", "strict")
        with pytest.raises(privacylib.PrivacyError, match="PRIVACYLIB_MODE"):
            privacylib.init("web", mode="enforce")


class TestReload:
    def test_puts_the_changed_file_in_force(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        assert refused()
        policy.write_text(POLICY.replace('closed.jsonl", labels: []', 'closed.jsonl", labels: [INTERACTION]'))
        assert refused()
        privacylib.reload()
        assert not refused()

    @pytest.mark.parametrize("tight_first", [True, False])
    def test_what_is_read_into_an_open_write_is_judged_by_both(self, policy: Path, *, tight_first: bool) -> None:
        loose = POLICY.replace('closed.jsonl", labels: []', 'closed.jsonl", labels: [CONTACT]')
        strict = POLICY.replace("allow: {purposes: [assistant]}", "allow: {purposes: [ads]}")
        first, then = (POLICY, loose) if tight_first else (loose, strict)
        policy.write_text(first)
        privacylib.init("web", policy=policy, mode="enforce")
        with privacylib.zone("assistant"), privacylib.write(CLOSED):
            policy.write_text(then)
            privacylib.reload()
            with pytest.raises(privacylib.PolicyDenied) as caught:
                read(USERS)
        assert caught.value.decision.requirement == ("flow" if tight_first else "contact-use")

    def test_what_was_read_keeps_its_labels(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        with privacylib.zone("assistant"):
            read(USERS)
            policy.write_text(POLICY.replace("labels: [CONTACT], fields", "labels: [], fields"))
            privacylib.reload()
            assert privacylib.current().labels >= {"CONTACT"}
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)

    def test_a_wrong_file_leaves_the_old_policy(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        policy.write_text("labels: [")
        with pytest.raises(privacylib.PrivacyError):
            privacylib.reload()
        assert refused()

    def test_before_init_says_what_to_do(self) -> None:
        with pytest.raises(privacylib.PrivacyError, match=r"privacylib\.init"):
            privacylib.reload()


class TestPolling:
    @pytest.fixture(autouse=True)
    def polled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRIVACYLIB_POLL", "0.02")

    def test_puts_a_changed_file_in_force_and_survives_a_wrong_one(
        self, policy: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        policy.write_text("labels: [")
        until(lambda: "the changed policy is not in force" in caplog.text)
        assert refused()
        policy.write_text(POLICY.replace('closed.jsonl", labels: []', 'closed.jsonl", labels: [INTERACTION]'))
        until(lambda: not refused())

    def test_goes_on_in_a_forked_child(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        child = os.fork()
        if not child:
            until(lambda: not refused())
            os._exit(0)
        policy.write_text(POLICY.replace('closed.jsonl", labels: []', 'closed.jsonl", labels: [INTERACTION]'))
        assert os.waitpid(child, 0)[1] == 0

    def test_ends_with_privacylib(self, policy: Path) -> None:
        privacylib.init("web", policy=policy, mode="enforce")
        privacylib.shutdown()
        until(lambda: all(thread.name != "privacylib-policy" for thread in threading.enumerate()))

    @pytest.mark.parametrize("seconds", ["soon", "0", "-1", "inf", "nan"])
    def test_a_wrong_interval_is_named(self, monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
        monkeypatch.setenv("PRIVACYLIB_POLL", seconds)
        with pytest.raises(privacylib.PrivacyError, match="PRIVACYLIB_POLL"):
            privacylib.init("web")


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_policy_that_asks_for_more_than_the_ceiling_gets_one_warning(
    policy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "privacylib"):
        privacylib.init("web", policy=policy, mode="simulate")
        privacylib.reload()
        refused()
    told = [line.getMessage() for line in caplog.records]
    assert len(told) == 1
    assert "contact-use, interaction-use" in told[0]
    caplog.clear()
    privacylib.init("web", policy=policy, mode="enforce")
    assert caplog.records == []


def test_patterns_that_match_nothing_are_warned_of_once_each_as_the_check_says(
    policy: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = 'assets:\n  - {match: "postgres://DB:5432/**", labels: []}\n  - {match: "file:///data/./users", labels: []}\n'
    policy.write_text(odd)
    with caplog.at_level(logging.WARNING, logger="privacylib"):
        privacylib.init(service="web", policy=policy)
        privacylib.init(service="web", policy=policy)
        privacylib.reload()
    check(argparse.Namespace(file=str(policy)))
    assert [record.getMessage() for record in caplog.records] == capsys.readouterr().err.splitlines()
    assert [record.getMessage().partition(": it can")[0] for record in caplog.records] == [
        f"{policy}: line 2, assets[0].match", f"{policy}: line 3, assets[1].match"
    ]  # fmt: skip
    caplog.clear()
    policy.write_text(odd.replace("/./", "/"))
    with caplog.at_level(logging.WARNING, logger="privacylib"):
        privacylib.reload()
        policy.write_text(odd)
        privacylib.reload()
    assert ["file:///data/users" in record.getMessage() for record in caplog.records] == [True]
