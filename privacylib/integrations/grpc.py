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
    from privacylib.grpc import client_interceptor

    return _beneath_opentelemetry(call.result, client_interceptor(call["target"]))


def _beneath_opentelemetry(channel: Any, ours: Any) -> Any:
    """Put ours around a channel, but inside OpenTelemetry's: what comes last writes the baggage that is sent."""
    import grpc

    inner = getattr(channel, "_channel", None) if type(channel).__module__.startswith("opentelemetry.") else None
    if inner is None:
        return grpc.intercept_channel(channel, ours)
    channel._channel = _beneath_opentelemetry(inner, ours)
    return channel


def _calling_aio(interceptors: Sequence[Any] | None) -> list[Any]:
    from privacylib.grpc import aio_client_interceptors

    return [*(interceptors or ()), *aio_client_interceptors()]


_SERVER = ("handlers", "interceptors", "options", "maximum_concurrent_rpcs", "compression")
_SECURE = ("target", "credentials", "options", "compression")
_INSECURE = ("target", "options", "compression")
"""Parameters are told, for a function that OpenTelemetry has put in gRPC's place names none."""

_AIO = (
    ("_server", "server", ("migration_thread_pool", *_SERVER), _serving_aio),
    ("_channel", "insecure_channel", (*_INSECURE, "interceptors"), _calling_aio),
    ("_channel", "secure_channel", (*_SECURE, "interceptors"), _calling_aio),
)

INTEGRATION = Integration(
    "grpc",
    (
        Patch("grpc:server", parameters=("thread_pool", *_SERVER, "xds"), pins={"interceptors": _serving}),
        Patch("grpc:insecure_channel", parameters=_INSECURE, after=_calling),
        Patch("grpc:secure_channel", parameters=_SECURE, after=_calling),
        *(
            Patch(f"{module}:{name}", parameters=parameters, pins={"interceptors": place})
            for made, name, parameters, place in _AIO
            for module in (f"grpc.aio.{made}", "grpc.aio")  # where it is made, and where programs find it
        ),
    ),
    distribution="grpcio",
    versions=("1.60", "2.0"),
)
