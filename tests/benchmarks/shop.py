"""A small web application as a process: a route that queries SQLite and makes one gRPC call.

``python -m tests.benchmarks.shop bare|carrying|privacylib|opentelemetry`` prints its port. ``/cpu`` tells what it used.
"""

import importlib
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import privacylib
from tests.benchmarks.rows.grpc_floor import Carrying
from tests.benchmarks.settings import Discarding, governed, tracing
from tests.grpc import services

ZONES = 'zones:\n  - {match: "http://bench/**", purpose: order}\n'


def serve(request: bytes, context: Any) -> bytes:
    """Answer the gRPC call."""
    del context
    return request


class Sides:
    """What is put around the parts of the application; nothing here."""

    server: tuple[Any, ...] = ()

    def __init__(self, stack: ExitStack) -> None:
        del stack

    def channel(self, channel: Any) -> Any:
        """Return the channel to call through."""
        return channel

    def connection(self, connection: Any) -> Any:
        """Return the connection to query through."""
        return connection

    def application(self, app: Any) -> Any:
        """Return the application to serve."""
        return app

    def settle(self) -> None:
        """Wait for what the background does on behalf of the requests so far."""


class Carried(Sides):
    """Nothing but gRPC's carrying of as many bytes as a signed context takes."""

    def __init__(self, stack: ExitStack) -> None:
        super().__init__(stack)
        self.server = (Carrying(),)

    def channel(self, channel: Any) -> Any:
        return grpc.intercept_channel(channel, *self.server)


class Governed(Sides):
    """Everything of privacylib, enforcing."""

    def __init__(self, stack: ExitStack) -> None:
        from privacylib.asgi import Middleware
        from privacylib.grpc import client_interceptor, server_interceptor

        stack.enter_context(governed(ZONES, instrument=True, exporter=Discarding()))
        self.server = (server_interceptor(),)
        self._client, self._middleware = client_interceptor(), Middleware

    def channel(self, channel: Any) -> Any:
        return grpc.intercept_channel(channel, self._client)

    def application(self, app: Any) -> Any:
        return self._middleware(app)

    def settle(self) -> None:
        privacylib.flush(60)


class Traced(Sides):
    """OpenTelemetry's instrumentations of the three libraries."""

    def __init__(self, stack: ExitStack) -> None:
        self._provider = provider = stack.enter_context(tracing())
        self._given = {"tracer_provider": provider}
        self._grpc = importlib.import_module("opentelemetry.instrumentation.grpc")
        self._ext = importlib.import_module("opentelemetry.instrumentation.grpc.grpcext")
        self._sqlite: Any = importlib.import_module("opentelemetry.instrumentation.sqlite3").SQLite3Instrumentor()
        self._starlette: Any = importlib.import_module("opentelemetry.instrumentation.starlette")
        self.server = (self._grpc.server_interceptor(**self._given),)

    def channel(self, channel: Any) -> Any:
        return self._ext.intercept_channel(channel, self._grpc.client_interceptor(**self._given))

    def connection(self, connection: Any) -> Any:
        return self._sqlite.instrument_connection(connection, **self._given)

    def application(self, app: Any) -> Any:
        self._starlette.StarletteInstrumentor.instrument_app(app, **self._given)
        return app

    def settle(self) -> None:
        self._provider.force_flush()


KINDS: dict[str, Callable[[ExitStack], Sides]] = {
    "bare": Sides,
    "carrying": Carried,
    "privacylib": Governed,
    "opentelemetry": Traced,
}


def application(sides: Sides, database: Path, channel: Any) -> Any:
    """Return the application; each thread has a connection of its own."""
    local = threading.local()
    method = services.method(sides.channel(channel), "unary_unary")

    def user(request: Request) -> PlainTextResponse:
        if not hasattr(local, "connection"):
            local.connection = sides.connection(sqlite3.connect(database))
        cursor = local.connection.cursor()
        cursor.execute("SELECT email FROM users WHERE id = ?", (int(request.path_params["id"]),))
        (email,) = cursor.fetchone()
        return PlainTextResponse(method(email.encode()))

    def cpu(request: Request) -> PlainTextResponse:
        del request
        sides.settle()  # nothing else is asked meanwhile
        return PlainTextResponse(str(time.process_time()))

    return sides.application(Starlette(routes=[Route("/users/{id:int}", user), Route("/cpu", cpu)]))


def main(kind: str) -> None:
    """Serve until the standard input ends."""
    with ExitStack() as stack:
        database = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "shop.db"
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
            connection.executemany("INSERT INTO users VALUES (?, ?)", [(i, f"u{i}@example.org") for i in range(100)])
        sides = KINDS[kind](stack)
        target = stack.enter_context(services.serving(sides.server, {"unary_unary": serve}))
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        channel = stack.enter_context(grpc.insecure_channel(target))
        app = application(sides, database, channel)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_keep_alive=600)  # turns are long
        server = uvicorn.Server(config)

        def end() -> None:
            sys.stdin.read()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
