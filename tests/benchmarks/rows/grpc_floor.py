"""What carrying a context costs over gRPC before anything is decided, signed, verified or recorded.

Interceptors that only carry bytes: in the request a `traceparent` and a member as long as ours, in the response a text
as long as the labels that go back. The bytes differ each time, as with a signature, so that gRPC compresses nothing.
"""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from random import getrandbits
from typing import Any

import grpc

from privacylib.grpc.details import with_metadata
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.rows.grpc_unary import Idle, called, idle, opentelemetry, ours
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS", "Carrying"]


class Carrying(Idle):
    """Carry as many bytes as a signed context takes, and look at them at the other end."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        traceparent = f"00-{getrandbits(128):032x}-{getrandbits(64):016x}-01"
        metadata = (("traceparent", traceparent), ("baggage", f"privacylib={getrandbits(552):0138x}"))
        return continuation(with_metadata(client_call_details, metadata), request)

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        made = self._made.get(id(handler))
        if made is None:
            build: Any = grpc.unary_unary_rpc_method_handler
            made = self._made[id(handler)] = build(_answering(handler.unary_unary))
        return made


def _answering(behavior: Any) -> Any:
    def answer(request: bytes, context: Any) -> bytes:
        found = dict(context.invocation_metadata())
        response = behavior(request, context)
        context.set_trailing_metadata((("privacylib", f"{len(found['baggage'])}{getrandbits(132):033x}"),))
        return response

    return answer


@contextmanager
def carrying(style: str) -> Generator[Work]:
    """Carry bytes both ways, and nothing else."""
    del style
    with called(Carrying(), Carrying(), nullcontext, grpc.intercept_channel) as work:
        yield work


ROWS = (
    Timed(
        "grpc-floor", "a gRPC call that only carries such bytes", side(carrying, "sync"),
        (
            Against("OpenTelemetry's interceptors", side(opentelemetry, "sync"), Goal(), "total"),
            Against("privacylib's interceptors", side(ours, "sync"), Goal(), "total"),
        ),
        times=300, bare=side(idle, "sync"),
    ),
)  # fmt: skip
