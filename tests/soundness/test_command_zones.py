"""Whoever brings a zone stands in it inside that of the process, never in its place: nesting only tightens."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import grpc
import pytest

import privacylib
import privacylib.grpc
from privacylib.context import PROCESS
from privacylib.model import NO_ZONE, PolicyContext, Zone
from privacylib.runtime import narrowed, zone_under
from privacylib.testing import Capture, capture
from tests.soundness.served import SINK

POLICY: dict[str, Any] = {
    "version": 1,
    "labels": {"SECRET": {}, "SECRET.KEY": {}, "OTHER": {}},
    "purposes": {"reply": {}, "audit": {}},
    "assets": [{"match": "db://secrets", "labels": ["SECRET.KEY"]}, {"match": SINK, "labels": ["SECRET"]}],
    "zones": [{"match": "command://told", "purpose": "audit", "labels": ["SECRET"]}],
    "requirements": [
        {"id": "replies", "applies_to": ["SECRET"], "allow": {"purposes": ["reply"]}, "mode": "enforce"},
    ],
    "trust": {"keys": [{"id": "k1", "env": "ZONES_KEY"}]},
}
STACKED = {"purposes": ["audit", "reply"], "admitted": ["SECRET.KEY"], "refused": "replies"}


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """Work for a purpose that permits the use of secrets."""
    monkeypatch.setenv("ZONES_KEY", "0f" * 32)
    with capture(POLICY, mode="enforce") as seen, privacylib.zone("reply", labels={"SECRET.KEY", "OTHER"}):
        yield seen


def started(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    policy = tmp_path / "policy.yaml"
    policy.write_text(json.dumps(POLICY))
    told = {
        "PRIVACYLIB_POLICY": str(policy), "PRIVACYLIB_SERVICE": "told", "PRIVACYLIB_MODE": "enforce",
        "PRIVACYLIB_SPOOL": str(tmp_path / "spool"),
    }  # fmt: skip
    argv, pipe = [sys.executable, "-m", "tests.soundness.served", *arguments], subprocess.PIPE
    return subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **told})


def ask_grpc(port: int) -> dict[str, Any]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as bare:
        channel: Any = grpc.intercept_channel(bare, privacylib.grpc.client_interceptor())
        return json.loads(channel.unary_unary("/zones.Told/Zone")(b"", timeout=20, wait_for_ready=True))


def ask_http(port: int, told: bool = True) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/zone"
    headers = cast("dict[str, str]", privacylib.inject({}, to=url)) if told else {}
    with urlopen(Request(url, headers=headers), timeout=20) as answer:
        return json.loads(answer.read())


def test_over_grpc_and_http_the_callers_zone_stands_inside_the_commands(caller: Capture, tmp_path: Path) -> None:
    server = Context().run(started, tmp_path)  # whoever starts it brings no zone
    with server:
        assert server.stdout is not None
        rpc, web = json.loads(server.stdout.readline())
        assert [ask_grpc(rpc), ask_http(web)] == [{**STACKED, "refused": None}] * 2
        assert ask_http(web, told=False) == {"purposes": ["audit"], "admitted": ["SECRET"], "refused": None}
        with privacylib.read("db://secrets"):  # from now on the request holds what no audit may use
            with pytest.raises(grpc.RpcError) as rpc_refused:
                ask_grpc(rpc)
            with pytest.raises(HTTPError) as web_refused:
                ask_http(web)
        server.communicate()
    assert server.returncode == 0
    assert cast("Any", rpc_refused.value).code() is grpc.StatusCode.PERMISSION_DENIED
    with web_refused.value as answer:
        assert (answer.code, b"replies" in answer.read()) == (403, True)


def test_in_a_child_its_parents_zone_and_its_own_hold(caller: Capture, tmp_path: Path) -> None:
    with privacylib.read("db://secrets"):
        told, _ = started(tmp_path, "once").communicate(timeout=30)
    zone = json.loads(told)
    assert {**zone, "purposes": sorted(zone["purposes"])} == STACKED


@pytest.fixture
def process() -> Iterator[Zone]:
    """Stand in a process that has a zone of its own."""
    with capture({**POLICY, "trust": {}}):
        PROCESS.frame.zone = zone = narrowed(NO_ZONE, "audit", frozenset({"SECRET"}))
        try:
            yield zone
        finally:
            PROCESS.frame.zone = NO_ZONE


def test_what_a_context_brings_stands_inside_the_zone_of_the_process(process: Zone) -> None:
    brought = Zone(("reply",), frozenset({"SECRET.KEY", "OTHER"}))
    assert zone_under(PolicyContext(zone=brought)) == Zone(("audit", "reply"), frozenset({"SECRET.KEY"}))
    assert zone_under(PolicyContext()) == process
    assert zone_under(PolicyContext(zone=brought, unknown="expired")).unknown == "expired"


def test_a_process_of_which_nothing_is_known_stays_unknown_whatever_is_brought(process: Zone) -> None:
    PROCESS.frame.zone = Zone(unknown="forged")
    assert zone_under(PolicyContext(zone=Zone(("reply",)))) == Zone(("reply",), unknown="forged")


def test_a_context_of_the_process_itself_has_its_zone_once(process: Zone) -> None:
    with privacylib.scope("work"), privacylib.zone("reply"):
        here = privacylib.current()
    with privacylib.attached(here):
        again = privacylib.current().zone
    assert again == here.zone == Zone(("audit", "reply"), frozenset({"SECRET"}))
