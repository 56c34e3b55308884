"""gRPC with JSON messages, so that the story needs no generated code."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

import privacylib
from privacylib.demo.service import announce, until_parent_ends

__all__ = ["Message", "Method", "channel_to", "method", "serve"]

Message = dict[str, Any]
Method = Callable[[Message], Awaitable[Message]]


def channel_to(address: str) -> grpc.aio.Channel:
    """Open a channel whose calls carry the policy context.

    Args:
        address: ``host:port`` of a service.
    """
    return grpc.aio.insecure_channel(address, interceptors=privacylib.grpc.aio_client_interceptors())


def method(channel: grpc.aio.Channel, asset: str) -> Method:
    """Return a unary method of a remote service.

    Args:
        channel: A channel to the service.
        asset: URI of the method, such as ``grpc://assistant.Logger/Append``.
    """
    service, name = _parts(asset)
    return channel.unary_unary(f"/{service}/{name}", request_serializer=_encoded, response_deserializer=json.loads)


async def serve(asset: str, handler: Method) -> None:
    """Serve one unary method on a free loopback port until the demo ends.

    Args:
        asset: URI of the method.
        handler: Takes the request and returns the response.
    """

    async def handle(request: Message, context: object) -> Message:
        del context
        return await handler(request)

    service, name = _parts(asset)
    unary = grpc.unary_unary_rpc_method_handler(handle, request_deserializer=json.loads, response_serializer=_encoded)
    server = grpc.aio.server(interceptors=[privacylib.grpc.aio_server_interceptor()])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {name: unary}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce(port)
    await until_parent_ends()
    await server.stop(grace=1.0)


def _parts(asset: str) -> tuple[str, str]:
    service, _, name = asset.removeprefix("grpc://").partition("/")
    return service, name


def _encoded(message: Message) -> bytes:
    return json.dumps(message).encode()
