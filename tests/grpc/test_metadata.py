"""The host's metadata come through: trailing ones of an abort, and large ones beside ours."""

from collections.abc import Callable
from typing import Any, cast

import grpc
import pytest

import privacylib
import privacylib.grpc
from privacylib.model import PolicyContext
from privacylib.testing import capture
from tests.grpc import services
from tests.grpc.ends import ask, idle, serving, working

LARGE = [(f"shop-{number}", "x" * 1000) for number in range(7)]


class Other(grpc.ServerInterceptor):
    """An interceptor of somebody else, which wraps handlers too."""

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)

        def behavior(request: Any, context: Any) -> Any:
            context.set_trailing_metadata((("other", "first"),))
            return handler.unary_unary(request, context)

        return cast("Any", grpc).unary_unary_rpc_method_handler(behavior)


@pytest.mark.parametrize("ours_first", [True, False])
def test_fault_36_an_abort_keeps_its_metadata_with_two_interceptors(ours_first: bool) -> None:
    ours = privacylib.grpc.server_interceptor()
    stack = [ours, Other()] if ours_first else [Other(), ours]
    with capture(), services.serving(stack) as target, grpc.insecure_channel(target) as bare:
        channel = grpc.intercept_channel(bare, privacylib.grpc.client_interceptor())
        for request in (b"abort", b"status"):
            with pytest.raises(grpc.RpcError) as failed:
                services.method(channel, "unary_unary")(request)
            error: Any = failed.value
            trailing = {name: value for name, value in error.trailing_metadata() if name != "privacylib"}
            assert (error.code(), error.details(), trailing) == (*services.STATUS, dict(services.TRAILING))


def test_trailing_metadata_of_an_interceptor_around_ours_stay() -> None:
    stack = [Other(), privacylib.grpc.server_interceptor()]
    with capture(), services.serving(stack, working("sync", idle)) as target, grpc.insecure_channel(target) as bare:
        channel = grpc.intercept_channel(bare, privacylib.grpc.client_interceptor())
        _, call = services.method(channel, "unary_unary").with_call(b"a")
        assert {name for name, _ in call.trailing_metadata()} == {"other", "privacylib"}


@pytest.mark.parametrize("labels", [1, 150])
@pytest.mark.parametrize("client", ["sync", "aio"])
async def test_fault_38_seven_kilobytes_of_metadata_leave_room_for_ours(labels: int, client: str) -> None:
    inside: list[PolicyContext] = []
    names = [f"PART.N{number}" for number in range(labels)]
    policy: dict[str, Any] = {
        "labels": {name: {} for name in names},
        "assets": [{"match": "db://all", "labels": names}],
    }
    with capture(policy):
        async with serving("aio", working("aio", lambda _: inside.append(privacylib.current()))) as target:
            for _ in range(20):  # servers refuse at random what is over their limit
                with privacylib.scope("asking", fresh=True), privacylib.read("db://all"):
                    await ask(client, "unary_unary", target, metadata=LARGE)
    assert [context.unknown for context in inside] == [None if labels == 1 else "too-large"] * 20
