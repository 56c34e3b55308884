"""`privacylib.testing.capture`, as users' own tests meet it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.model.policy import Annotated, Policy
from privacylib.runtime import ACTIVE
from privacylib.testing import Capture, capture

USERS = "postgres://db:5432/app.public.users"
LOG = "file:///var/log/interactions.jsonl"

POLICY = f"""
version: 1
labels:
  INTERACTION: {{}}
purposes:
  assistant: {{}}
assets:
  - {{match: "{USERS}", labels: [INTERACTION]}}
requirements:
  - {{id: asked-for, applies_to: [INTERACTION], allow: {{purposes: [assistant]}}, mode: enforce}}
"""
AS_DICTIONARY: dict[str, Any] = {
    "labels": {"INTERACTION": {}},
    "purposes": {"assistant": {}},
    "assets": [{"match": USERS, "labels": ["INTERACTION"]}],
    "requirements": [
        {"id": "asked-for", "applies_to": ["INTERACTION"], "allow": {"purposes": ["assistant"]}, "mode": "enforce"}
    ],
}


@privacylib.reads(USERS, fields=("email",))
def load() -> str:
    return "ana@example.org"


@privacylib.writes(LOG)
def append(_: str) -> None: ...


def work() -> None:
    append(load())


def test_it_sees_operations_edges_and_spans() -> None:
    with capture(service="web") as seen:
        work()
    read, write = seen.records
    assert (read.kind, read.asset, read.fields) == ("READ", USERS, ("email",))
    assert (write.kind, write.asset, write.sources) == ("WRITE", LOG, (f"{USERS}#email",))
    assert write.evidence == {f"{USERS}#email": "context"}
    assert write.links == ((read.key, read.span),)
    assert read.site == f"{__name__}:load"
    assert seen.pairs == {(f"{USERS}#email", LOG)}
    (edge,) = seen.edges
    assert (edge["source"], edge["sink"], edge["evidence"]) == (f"{USERS}#email", LOG, "context")
    assert (edge["service"], edge["decision"], edge["count"]) == ("web", "ALLOW", 1)
    assert edge["correlation_keys"] == [read.key]
    assert [span.name for span in seen.spans] == ["READ app.public.users", "WRITE /var/log/interactions.jsonl"]


def test_operations_are_found_by_kind_and_asset() -> None:
    with capture() as seen:
        work()
        work()
    assert len(seen.of("READ")) == len(seen.of(asset=LOG)) == 2
    assert seen.of("READ", LOG) == []


@pytest.mark.parametrize("given", [POLICY, AS_DICTIONARY], ids=["text", "dictionary"])
def test_a_policy_may_be_text_or_a_dictionary(given: Any) -> None:
    with capture(given, mode="enforce") as seen, pytest.raises(privacylib.PolicyDenied):
        work()
    (denied,) = seen.denied
    assert denied.decision.verdict == "DENY"
    assert "asked-for" in [violation.requirement for violation in denied.decision.violations]
    assert seen.pairs == set()


def test_a_policy_may_be_a_file_or_a_policy(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    policy = Policy(assets=(Annotated(match=USERS, labels=frozenset({"INTERACTION"})),))
    for given in (file, str(file), policy):
        with capture(given) as seen:
            work()
        assert seen.records[0].labels == {"INTERACTION"}


def test_violations_fail_a_test_with_their_remedies() -> None:
    with capture(POLICY) as seen:
        work()
    assert [each.decision.verdict for each in seen.violations] == ["WOULD_DENY", "WOULD_DENY"]
    assert seen.denied == []
    with pytest.raises(AssertionError, match=r"(?s)2 kinds of violation.*remedy:\n") as failure:
        seen.assert_no_violations()
    assert f"WRITE {LOG}" in str(failure.value)


def test_a_zone_makes_it_pass() -> None:
    policy = POLICY.replace("assets:", f'assets:\n  - {{match: "{LOG}", labels: [INTERACTION]}}')
    with capture(policy, mode="enforce") as seen, privacylib.zone("assistant"):
        work()
    seen.assert_no_violations()
    assert [each.purposes for each in seen.records] == [("assistant",)] * 2


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(privacylib.PrivacyError, match=r"capture\(mode=\) is 'strict'"), capture(mode="strict"):
        pass  # pragma: no cover


def test_captures_stand_in_each_other() -> None:
    with capture() as outer:
        load()
        with capture() as inner:
            append("x")
        append("y")
    assert inner.pairs == set()
    assert outer.pairs == {(f"{USERS}#email", LOG)}
    assert len(inner.records) == 1


def test_captures_do_not_influence_each_other() -> None:
    with capture():
        load()
    with capture() as second:
        append("x")
    assert second.pairs == set()


def test_everything_is_put_back_also_after_an_error() -> None:
    before = ACTIVE.snapshot

    def fail() -> None:
        with capture(), privacylib.zone("assistant"):
            raise RuntimeError("from the test")

    with pytest.raises(RuntimeError, match="from the test"):
        fail()
    assert ACTIVE.snapshot is before
    assert privacylib.current() == privacylib.PolicyContext()


def test_an_open_scope_around_it_is_not_touched() -> None:
    with capture() as outer, privacylib.scope("request"):
        load()
        key = privacylib.current().correlation_key
        with capture() as inner:
            append("x")
        assert privacylib.current().correlation_key == key
        append("y")
    assert inner.pairs == set()
    assert outer.pairs == {(f"{USERS}#email", LOG)}


async def test_it_works_in_coroutines() -> None:
    @privacylib.reads(USERS)
    async def fetch() -> str:
        return "x"

    with capture() as seen, privacylib.scope("request"):
        append(await fetch())
    assert seen.pairs == {(USERS, LOG)}


def test_it_sees_threads_while_they_run() -> None:
    go, done = threading.Event(), threading.Event()

    def later() -> None:
        load()
        done.set()
        go.wait(5)
        load()

    with capture() as seen, ThreadPoolExecutor(1) as pool:
        future = pool.submit(later)
        assert done.wait(5)
        assert len(seen.records) == 1
        go.set()
        future.result(5)
        assert len(seen.records) == 2


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with capture():
        work()
    assert list(tmp_path.iterdir()) == []


def test_the_facade_has_it() -> None:
    with privacylib.testing.capture() as seen:
        assert isinstance(seen, Capture)
