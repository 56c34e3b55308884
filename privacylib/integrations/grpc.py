"""gRPC: servers and channels, sync and asyncio, have our interceptors without being told."""

from collections.abc import Sequence
from typing import Any

from privacylib.instrumentation.table import Call, Integration, Patch

__all__ = ["INTEGRATION"]


def _serving(interceptors: Sequence[Any] | None) -> list[Any]:
    from privacylib.grpc import server_interceptor

    return _inside_opentelemetry(interceptors, server_interceptor())


def _serving_aio(interceptors: Sequence[Any] | None) -> list[Any]:
    from privacylib.grpc import aio_server_interceptor

    return _inside_opentelemetry(interceptors, aio_server_interceptor())


def _inside_opentelemetry(interceptors: Sequence[Any] | None, ours: Any) -> list[Any]:
    """Put ours around all of the host's, but for OpenTelemetry's, whose span is the one to join."""
    given = list(interceptors or ())
    theirs = [index for index, each in enumerate(given, 1) if type(each).__module__.startswith("opentelemetry.")]
    given.insert(max(theirs, default=0), ours)
    return given


def _calling(call: Call) -> Any:
    import grpc

    from privacylib.grpc import client_interceptor

    return grpc.intercept_channel(call.result, client_interceptor(call["target"]))


def _calling_aio(interceptors: Sequence[Any] | None) -> list[Any]:
    from privacylib.grpc import aio_client_interceptors

    return [*(interceptors or ()), *aio_client_interceptors()]


_AIO = (
    ("grpc.aio._server", "server"),
    ("grpc.aio._channel", "insecure_channel"),
    ("grpc.aio._channel", "secure_channel"),
    ("grpc.aio", "server"),
    ("grpc.aio", "insecure_channel"),
    ("grpc.aio", "secure_channel"),
)
"""Where functions are made, and where programs find them."""

INTEGRATION = Integration(
    "grpc",
    (
        Patch("grpc:server", pins={"interceptors": _serving}),
        Patch("grpc:insecure_channel", after=_calling),
        Patch("grpc:secure_channel", after=_calling),
        *(
            Patch(f"{module}:{name}", pins={"interceptors": _serving_aio if name == "server" else _calling_aio})
            for module, name in _AIO
        ),
    ),
    distribution="grpcio",
    versions=("1.60", "2.0"),
)
