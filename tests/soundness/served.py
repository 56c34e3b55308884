"""A service in a process of its own, which tells whoever asks it in which zone its work is done.

It is asked over gRPC and HTTP; its name, policy and mode come from its environment. It ends with its standard input.
"""

import json
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc

import privacylib
import privacylib.grpc
from privacylib.wsgi import Middleware

SINK = "s3://b/secrets"


def zone_here() -> bytes:
    """Return the zone around this work, and the rule that refuses a write in it."""
    zone = privacylib.current().zone
    told: dict[str, Any] = {"purposes": [], "admitted": None}
    if zone is not None:
        told = {"purposes": zone.purposes, "admitted": zone.admitted and sorted(zone.admitted)}
    decision = privacylib.check("write", SINK)
    return json.dumps({**told, "refused": None if decision.allowed else decision.requirement}).encode()


def over_grpc(request: bytes, context: object) -> bytes:
    """Answer a remote call."""
    return zone_here()


def over_http(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request."""
    start_response("200 OK", [])
    return [zone_here()]


class Quiet(WSGIRequestHandler):
    """Log nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the host's name
        """Tell nobody."""


def main() -> None:
    """Serve until the standard input ends."""
    privacylib.init()
    if "once" in sys.argv:
        print(zone_here().decode(), flush=True)  # noqa: T201 - what it is for
        return
    handler: Any = cast("Any", grpc).unary_unary_rpc_method_handler(over_grpc)
    server: Any = cast("Any", grpc).server(ThreadPoolExecutor(2), interceptors=[privacylib.grpc.server_interceptor()])
    server.add_generic_rpc_handlers(
        [cast("Any", grpc).method_handlers_generic_handler("zones.Told", {"Zone": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with make_server("127.0.0.1", 0, Middleware(cast("Any", over_http)), handler_class=Quiet) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        print(json.dumps([port, web.server_port]), flush=True)  # noqa: T201 - for whoever asks
        sys.stdin.read()
        web.shutdown()
    server.stop(None).wait()


if __name__ == "__main__":
    main()
