"""Calls that are made past gRPC's own detour: they are what they would be on it."""

from collections.abc import Callable, Generator
from typing import Any

import grpc
import pytest

import privacylib
import privacylib.grpc
from privacylib.grpc import shortcut
from privacylib.testing import Capture, capture
from tests.grpc import services
from tests.grpc.test_context import POLICY, read

TIMES = 3


@pytest.fixture
def seen() -> Generator[Capture]:
    with capture(POLICY, mode="enforce") as captured:
        yield captured


class Noting(grpc.UnaryUnaryClientInterceptor):
    """A host's own interceptor."""

    def __init__(self) -> None:
        self.baggage: list[bool] = []

    def intercept_unary_unary(self, continuation: Callable[..., Any], client_call_details: Any, request: Any) -> Any:
        self.baggage.append(any(name == "baggage" for name, _ in client_call_details.metadata or ()))
        return continuation(client_call_details, request)


def call(*clients: Any, servers: int = 1) -> list[Any]:
    """Call some times through interceptors, the first of which is the innermost; return the call objects."""
    serving = services.serving([privacylib.grpc.server_interceptor() for _ in range(servers)])
    with serving as target, grpc.insecure_channel(target) as channel, privacylib.zone("reply"):
        read("db://users")
        intercepted: Any = channel
        for client in clients:
            intercepted = grpc.intercept_channel(intercepted, client)
        method = services.method(intercepted, "unary_unary")
        made = [method.with_call(b"ok") for _ in range(TIMES)]
    assert [response for response, _ in made] == [b"ok"] * TIMES
    return [one for _, one in made]


def pairs(seen: Capture) -> list[tuple[int, int]]:
    """Return how many calls and answers there are, and how many belong together."""
    spans = {each.span for each in seen.of("CALL")}
    return [(len(seen.of("CALL")), len(seen.of("SERVE"))), (len(spans), len({s.parent for s in seen.of("SERVE")}))]


def test_a_call_object_tells_all_that_gRPCs_own_does(seen: Capture) -> None:  # noqa: N802 - a name
    calls = call(privacylib.grpc.client_interceptor())
    assert isinstance(calls[-1], shortcut.Outcome)
    for each in calls:
        assert each.code() is grpc.StatusCode.OK
        assert ("shop-trailer", "kept") in each.trailing_metadata()
        assert services.INITIAL[0] in each.initial_metadata()
        assert (each.result(), each.exception(), each.done(), each.is_active()) == (b"ok", None, True, False)
    assert pairs(seen) == [(TIMES, TIMES)] * 2


def test_without_the_shortcut_calls_go_through_gRPCs_continuation(  # noqa: N802 - a name
    seen: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcut, "WAITS", None)
    monkeypatch.setattr(shortcut, "_FUTURE", None)
    calls = call(privacylib.grpc.client_interceptor())
    assert not any(isinstance(each, shortcut.Outcome) for each in calls)
    assert pairs(seen) == [(TIMES, TIMES)] * 2
    assert privacylib.current().zone is None


@pytest.mark.parametrize("below", [False, True])
def test_interceptors_of_the_host_see_each_call(seen: Capture, *, below: bool) -> None:
    host, ours = Noting(), privacylib.grpc.client_interceptor()
    call(*((host, ours) if below else (ours, host)))
    assert host.baggage == [below] * TIMES
    assert pairs(seen) == [(TIMES, TIMES)] * 2


def test_ours_around_ours_do_the_work_once(seen: Capture) -> None:
    call(privacylib.grpc.client_interceptor(), privacylib.grpc.client_interceptor(), servers=2)
    assert pairs(seen) == [(TIMES, TIMES)] * 2


def test_a_method_is_looked_at_once(seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str | None] = []
    whole = shortcut.target_of

    def counted(continuation: Any) -> str | None:
        made.append(whole(continuation))
        return made[-1]

    monkeypatch.setattr(shortcut, "target_of", counted)
    call(privacylib.grpc.client_interceptor())
    assert len(made) == 1
    assert seen.violations == []


@pytest.mark.parametrize("target", [None, "127.0.0.1:1"], ids=["asked", "told"])
def test_a_call_on_a_closed_channel_fails_as_without(seen: Capture, target: str | None) -> None:
    del seen
    channel = grpc.insecure_channel("127.0.0.1:1")
    method = services.method(grpc.intercept_channel(channel, privacylib.grpc.client_interceptor(target)), "unary_unary")
    channel.close()
    with pytest.raises(ValueError, match="closed channel"):
        method(b"ok")


def test_fault_45_a_grpc_that_makes_calls_otherwise_is_called_as_ever(
    seen: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcut, "_TAKES", ("self", "request"))
    assert not shortcut.is_known()
    monkeypatch.setattr(shortcut, "KNOWN", False)
    assert not isinstance(call(privacylib.grpc.client_interceptor())[-1], shortcut.Outcome)
    assert pairs(seen) == [(TIMES, TIMES), (TIMES, TIMES)]
