"""A small world for the flow rules: two kinds of data, sinks that may take them or not, and all modes."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

import privacylib
from privacylib.model import Verdict
from privacylib.recorder import Producer, Recorder
from privacylib.runtime import ACTIVE
from privacylib.testing import Capture, Captured, capture

USERS = "postgres://db:5432/app.public.users"
CLICKS = "postgres://db:5432/app.public.clicks"
PUBLIC = "postgres://db:5432/app.public.products"
MODEL = "model://registry/ranker"
LOG = "file:///var/log/interactions.jsonl"
CLOSED = "file:///var/log/closed.jsonl"
UNKNOWN_SINK = "file:///var/log/unannotated.jsonl"
RANKER = "http://ranker.internal/rank"

POLICY = """
version: 1
labels: {CONTACT: {}, CONTACT.EMAIL: {}, INTERACTION: {}, AGGREGATE: {}}
purposes: {assistant: {}, assistant.reply: {}, train: {}, ads: {}}
assets:
  - {match: "postgres://*/app.public.users", labels: [CONTACT], fields: {email: [CONTACT.EMAIL], id: []}}
  - {match: "postgres://*/app.public.clicks", labels: [INTERACTION]}
  - {match: "postgres://*/app.public.products", labels: []}
  - {match: "model://registry/ranker", labels: [INTERACTION], resident: true}
  - {match: "file:///var/log/interactions.jsonl", labels: [CONTACT, INTERACTION]}
  - {match: "file:///var/log/closed.jsonl", labels: []}
  - {match: "http://ranker.internal/rank", fields: {request: [INTERACTION], response: [INTERACTION]}}
  - {match: "http://test/ask", fields: {request: [INTERACTION], response: [INTERACTION]}}
requirements:
  - {id: contact-use, applies_to: [CONTACT], allow: {purposes: [assistant]}, mode: enforce}
  - {id: interaction-use, applies_to: [INTERACTION], allow: {purposes: [assistant, train]}, mode: enforce}
"""

MODES = ("observe", "simulate", "enforce")
VERDICTS = {"observe": Verdict.WOULD_DENY, "simulate": Verdict.WOULD_DENY, "enforce": Verdict.DENY}


def read(asset: str, *fields: str) -> None:
    """Read an asset."""
    with privacylib.read(asset, fields):
        pass


_expected: list[tuple[Capture, str]] = []
"""What `denied` has not seen raised, and is looked for in what was recorded once the test is over."""


@contextmanager
def denied(mode: str, requirement: str) -> Generator[None]:
    """Expect a denial by a requirement: raised in enforce, and recorded as one that would have been in other modes."""
    if mode != "enforce":
        assert ACTIVE.snapshot is not None
        recorder = ACTIVE.snapshot.recorder
        assert isinstance(recorder, Recorder)
        _expected.append((Capture(Producer(recorder.store)), requirement))
    with stopped(mode, requirement):
        yield


@contextmanager
def stopped(mode: str, requirement: str) -> Generator[None]:
    """Expect a denial by a requirement in enforce alone."""
    if mode != "enforce":
        yield
        return
    with pytest.raises(privacylib.PolicyDenied) as caught:
        yield
    assert caught.value.decision.requirement == requirement


def expected() -> None:
    """Look for what `denied` expected to be recorded: some of it is, only when what is open around it has ended."""
    while _expected:
        seen, requirement = _expected.pop()
        would = {each.decision.requirement for each in seen.violations if each.decision.verdict is Verdict.WOULD_DENY}
        assert requirement in would, f"{requirement} would have denied nothing, but for {would or None}"


def write(asset: str) -> None:
    """Write an asset whose payload is complete when the write begins."""

    @privacylib.writes(asset)
    def put() -> None:
        pass

    put()


def sources(seen: Capture, asset: str = LOG) -> list[tuple[str, ...]]:
    """Return the sources of each write to an asset, in order."""
    return [each.sources for each in seen.of("WRITE", asset)]


def only(found: list[Captured]) -> Captured:
    """Return the one operation there is."""
    assert len(found) == 1, found
    return found[0]


@contextmanager
def enforced(policy: str = POLICY) -> Generator[Capture]:
    """Record under enforcement."""
    with capture(policy, mode="enforce") as seen:
        yield seen
