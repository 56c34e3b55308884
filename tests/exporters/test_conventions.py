"""Each asset gets the attributes of OpenTelemetry's conventions that are true of it, and no other."""

from typing import Any

import pytest

from privacylib.exporters.conventions import attributes, role
from privacylib.model import Kind
from privacylib.naming import asset

READ, WRITE, CALL, SERVE, OPAQUE = Kind.READ, Kind.WRITE, Kind.CALL, Kind.SERVE, Kind.OPAQUE

CASES: list[tuple[Kind, str, str, dict[str, Any]]] = [
    (READ, "postgres://db:5432/app.public.users", "CLIENT", {
        "db.system.name": "postgresql", "db.collection.name": "public.users",
        "server.address": "db", "server.port": 5432,
    }),
    (WRITE, "mysql://db/shop.orders", "CLIENT", {
        "db.system.name": "mysql", "db.collection.name": "orders", "server.address": "db",
    }),
    (READ, "redis://cache:6379/0/user:{id}", "CLIENT", {
        "db.system.name": "redis", "server.address": "cache", "server.port": 6379,
    }),
    (READ, "sqlite:///data/app.db", "INTERNAL", {"db.system.name": "sqlite"}),
    (OPAQUE, "duckdb:///warehouse.db", "INTERNAL", {"db.system.name": "duckdb"}),
    (CALL, "http://ranker.internal:8080/rank/{id}", "CLIENT", {
        "url.scheme": "http", "url.template": "/rank/{id}", "server.address": "ranker.internal", "server.port": 8080,
    }),
    (SERVE, "http://web/users/{id}", "SERVER", {"url.scheme": "http", "http.route": "/users/{id}"}),
    (READ, "https://data.example.org/x.csv", "CLIENT", {
        "url.scheme": "https", "url.template": "/x.csv", "server.address": "data.example.org",
    }),
    (CALL, "grpc://shop.Reviews/Get", "CLIENT", {
        "rpc.system.name": "grpc", "rpc.system": "grpc",
        "rpc.service": "shop.Reviews", "rpc.method": "shop.Reviews/Get",
    }),
    (SERVE, "grpc://shop.Reviews/Get", "SERVER", {
        "rpc.system.name": "grpc", "rpc.system": "grpc",
        "rpc.service": "shop.Reviews", "rpc.method": "shop.Reviews/Get",
    }),
    (WRITE, "kafka://broker:9092/orders", "PRODUCER", {
        "messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.operation.type": "send",
        "server.address": "broker", "server.port": 9092,
    }),
    (READ, "kafka://broker:9092/orders", "CONSUMER", {
        "messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.operation.type": "receive",
        "server.address": "broker", "server.port": 9092,
    }),
    (OPAQUE, "amqp://rabbit/tasks", "CLIENT", {
        "messaging.system": "rabbitmq", "messaging.destination.name": "tasks", "server.address": "rabbit",
    }),
    (READ, "s3://bucket/key", "CLIENT", {}),
    (WRITE, "file:///var/log/x.jsonl", "INTERNAL", {}),
    (READ, "model://registry/ranker", "INTERNAL", {}),
    (READ, "postgres://db:port/app.public.users", "CLIENT", {
        "db.system.name": "postgresql", "db.collection.name": "public.users",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "uri", "span_kind", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_attributes_and_span_kind(kind: Kind, uri: str, span_kind: str, expected: dict[str, Any]) -> None:
    assert (role(kind, asset(uri)), attributes(kind, asset(uri))) == (span_kind, expected)
