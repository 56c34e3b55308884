"""Names of span attributes: privacylib's own, and OpenTelemetry's where they follow from an asset.

Source: https://opentelemetry.io/docs/specs/semconv/. What a convention has renamed stands beside its
earlier name where receivers still look for that one.
"""

SCOPE = "privacylib"
"""Name of the instrumentation scope."""

OPERATION = "privacylib.operation"
ASSET = "privacylib.asset"
FIELDS = "privacylib.fields"
SOURCES = "privacylib.sources"
EVIDENCE = "privacylib.evidence"
LABELS = "privacylib.labels"
PURPOSES = "privacylib.purposes"
UNKNOWN = "privacylib.unknown"
DECISION = "privacylib.decision"
REQUIREMENT = "privacylib.requirement"
REASON = "privacylib.reason"
CORRELATION_KEY = "privacylib.correlation_key"
SERVICE = "privacylib.service"
SITE = "privacylib.site"
MESSAGES = "privacylib.messages"
OUTLIVED = "privacylib.outlived"

SERVICE_NAME = "service.name"
SERVICE_INSTANCE_ID = "service.instance.id"
ERROR_TYPE = "error.type"
OTHER_ERROR = "_OTHER"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"

DB_SYSTEM_NAME = "db.system.name"
DB_COLLECTION_NAME = "db.collection.name"

RPC_SYSTEM_NAME = "rpc.system.name"
RPC_SYSTEM = "rpc.system"
"""The earlier name of ``rpc.system.name``."""
RPC_SERVICE = "rpc.service"
"""Earlier convention; now the first part of ``rpc.method``."""
RPC_METHOD = "rpc.method"
GRPC = "grpc"

URL_SCHEME = "url.scheme"
URL_TEMPLATE = "url.template"
HTTP_ROUTE = "http.route"

MESSAGING_SYSTEM = "messaging.system"
MESSAGING_DESTINATION_NAME = "messaging.destination.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
SEND = "send"
RECEIVE = "receive"
