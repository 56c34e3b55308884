"""Call a service through gRPC: the context goes with the request, and labels come back with the response."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

import privacylib
from privacylib.graph import load
from privacylib.grpc import client_interceptor, server_interceptor

POLICY = """\
version: 1
labels: {CONTACT: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
requirements:
  - {id: contact-only-for-orders, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}
"""


def get(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Serve `shop.Users/Get`."""
    del request, context
    with privacylib.read("postgres://db:5432/shop.public.users", fields=["email"]):
        return b"someone@example.org"


Path("policy.yaml").write_text(POLICY)
privacylib.init(service="shop", policy="policy.yaml", mode="enforce")

server = grpc.server(ThreadPoolExecutor(2), interceptors=[server_interceptor()])
handler: Any = grpc.unary_unary_rpc_method_handler(get)  # pyright: ignore[reportUnknownVariableType] - no stub
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("shop.Users", {"Get": handler})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()

channel = grpc.intercept_channel(grpc.insecure_channel(f"127.0.0.1:{port}"), client_interceptor())
call: Any = channel.unary_unary("/shop.Users/Get")  # pyright: ignore[reportUnknownVariableType] - no stub
for purpose in ("order", "ads"):
    with privacylib.zone(purpose=purpose):
        try:
            print(f"{purpose}: {call(b'7')!r}, held now: {set(privacylib.current().labels)}")
        except grpc.RpcError as error:
            print(f"{purpose}: {error.code().name} {error.details()}")

channel.close()
server.stop(None).wait()
privacylib.shutdown()

for edge in sorted({(edge.source, edge.sink) for edge in load([Path(".privacylib")]).edges()}):
    print(*edge, sep=" -> ")
