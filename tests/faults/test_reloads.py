"""A policy that is replaced again and again under load: no record is lost, and no operation sees two policies."""

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import privacylib
from privacylib.recorder import producers, tallies
from tests.watched import watched

# The full test is PRIVACYLIB_TEST_RELOADS=1000.
RELOADS = int(os.environ.get("PRIVACYLIB_TEST_RELOADS", "100"))
THREADS = 8


def policy(label: str) -> str:
    """Return a policy in which everything has to do with one label."""
    return f"""
version: 1
labels: {{{label}: {{}}}}
purposes: {{nothing: {{}}}}
assets:
  - {{match: "db://source", labels: [{label}]}}
  - {{match: "file:///sink", labels: [{label}]}}
requirements:
  - {{id: only-{label}, applies_to: [{label}], allow: {{purposes: [nothing]}}, mode: simulate}}
"""


@pytest.fixture
def eager() -> Iterator[None]:
    """Let threads take turns often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.mark.slow
def test_policies_that_change_under_load_lose_no_record_and_never_mix(tmp_path: Path, eager: None) -> None:
    with watched(tmp_path, mode="simulate", policy=policy("A")) as seen:
        file, stop, done = tmp_path / "policy.yaml", threading.Event(), Counter[int]()

        def work(thread: int) -> None:
            while not stop.is_set():
                with privacylib.scope("request", fresh=True):
                    with privacylib.read("db://source"):
                        pass
                    with privacylib.write("file:///sink"):
                        pass
                done[thread] += 2

        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for number in range(RELOADS):
            file.write_text(policy("BA"[number % 2]))
            privacylib.reload()
        stop.set()
        for thread in threads:
            thread.join()
        assert len(done) == THREADS
        flows, counts = dict[str, set[str]](), Counter[str]()
        for producer in producers(seen.spool):
            assert not producer.refused
            for number, tally in tallies(producer).flows.items():
                flow = producer.flows[number]
                counts[flow.kind.name] += tally.count
                asked = {each.requirement for each in flow.decision.violations if each.requirement.startswith("only-")}
                assert asked <= {f"only-{label}" for label in flow.labels}, flow
                if flow.kind.name == "READ":
                    assert [f"only-{label}" for label in flow.labels] == sorted(asked), flow
                    flows.setdefault("READ", set()).update(flow.labels)
        assert counts == {"READ": sum(done.values()) / 2, "WRITE": sum(done.values()) / 2}
        assert flows == {"READ": {"A", "B"}}


def test_nothing_passes_while_another_init_takes_over(tmp_path: Path, eager: None) -> None:
    strict = policy("A").replace("simulate", "enforce")
    with watched(tmp_path, mode="enforce", policy=strict):
        passed, denied, stop = Counter[bool](), Counter[int](), threading.Event()

        def attempt(thread: int) -> None:
            try:
                with privacylib.read("db://source"):
                    passed[True] += 1
            except privacylib.PolicyDenied:
                denied[thread] += 1

        def work(thread: int) -> None:
            while not stop.is_set():
                attempt(thread)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for number in range(10):
            where, who = tmp_path / f"spool-{number % 2}", f"web-{number % 3}"
            privacylib.init(service=who, spool=where, policy=tmp_path / "policy.yaml", mode="enforce")
        stop.set()
        for thread in threads:
            thread.join()
    assert len(denied) == THREADS
    assert not passed


def test_an_init_that_fails_changes_nothing(tmp_path: Path) -> None:
    strict = policy("A").replace("simulate", "enforce")
    with watched(tmp_path, mode="enforce", policy=strict):
        (tmp_path / "file").write_text("")
        with pytest.raises(privacylib.PrivacyError):
            privacylib.init(service="other", spool=tmp_path / "file" / "spool", mode="observe")
        with pytest.raises(privacylib.PolicyDenied), privacylib.read("db://source"):
            pass
