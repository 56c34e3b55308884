"""Interceptors for gRPC: sync and asyncio, client and server, all four kinds of calls.

Context goes out with the metadata, labels come back in the trailing metadata. To the host an
intercepted call is a bare one, but for `PolicyDenied`.
"""

from privacylib.grpc.client import client_interceptor
from privacylib.grpc.client_aio import aio_client_interceptors
from privacylib.grpc.server import server_interceptor
from privacylib.grpc.server_aio import aio_server_interceptor

__all__ = ["aio_client_interceptors", "aio_server_interceptor", "client_interceptor", "server_interceptor"]
