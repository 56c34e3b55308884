"""What OpenTelemetry's conventions say about an asset: pure functions of its name."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from privacylib import semconv
from privacylib.model import Asset, Kind

__all__ = ["attributes", "role"]

_DATABASES = {
    "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mariadb", "sqlite": "sqlite",
    "duckdb": "duckdb", "redis": "redis", "memcached": "memcached", "mongodb": "mongodb", "cassandra": "cassandra",
    "elasticsearch": "elasticsearch", "opensearch": "opensearch", "clickhouse": "clickhouse", "trino": "trino",
    "oracle": "oracle.db", "mssql": "microsoft.sql_server", "sqlserver": "microsoft.sql_server", "neo4j": "neo4j",
    "cockroach": "cockroachdb", "hive": "hive", "teradata": "teradata", "dynamodb": "aws.dynamodb",
    "redshift": "aws.redshift", "spanner": "gcp.spanner", "snowflake": "snowflake", "bigquery": "gcp.bigquery",
}  # fmt: skip
_IN_PROCESS = ("sqlite", "duckdb")
_NAMED_IN_DATABASE = ("postgresql", "mysql", "mariadb", "mongodb", "microsoft.sql_server", "cockroachdb")
"""Systems whose assets are named ``database.collection``, with a schema in between where there is one."""
_BROKERS = {
    "kafka": "kafka", "amqp": "rabbitmq", "amqps": "rabbitmq", "rabbitmq": "rabbitmq", "sqs": "aws_sqs",
    "sns": "aws.sns", "pubsub": "gcp_pubsub", "servicebus": "servicebus", "eventhubs": "eventhubs",
    "pulsar": "pulsar", "nats": "nats", "celery": "celery",
}  # fmt: skip
_WEB = ("http", "https", "ws", "wss")
_REMOTE_STORES = ("s3", "gs", "gcs", "abfs", "abfss", "wasb", "wasbs", "hdfs", "ftp", "sftp", "smtp", "ldap")

Role = str
"""Name of an ``opentelemetry.trace.SpanKind``"""


def role(kind: Kind, asset: Asset) -> Role:
    """Return which part a service has in an operation, as the name of an OpenTelemetry span kind."""
    scheme = _scheme(asset)
    if kind is Kind.CALL:
        return "CLIENT"
    if kind is Kind.SERVE:
        return "SERVER"
    if scheme in _BROKERS and kind is not Kind.OPAQUE:
        return "CONSUMER" if kind is Kind.READ else "PRODUCER"
    remote = scheme in _WEB or scheme in _REMOTE_STORES or scheme in _BROKERS or scheme in _DATABASES
    return "CLIENT" if remote and scheme not in _IN_PROCESS else "INTERNAL"


def attributes(kind: Kind, asset: Asset) -> Mapping[str, str | int]:
    """Return the attributes that follow from an asset's name and what is done to it; nothing is guessed."""
    scheme = _scheme(asset)
    if scheme in _DATABASES:
        return _database(_DATABASES[scheme], asset) | _server(asset)
    if scheme in _BROKERS:
        return _messaging(_BROKERS[scheme], kind, asset) | _server(asset)
    if scheme == semconv.GRPC:
        return _rpc(asset)
    if scheme in _WEB:
        return _web(scheme, kind, asset)
    return {}


def _scheme(asset: Asset) -> str:
    return asset.namespace.partition("://")[0].partition("+")[0].lower()


def _database(system: str, asset: Asset) -> dict[str, str | int]:
    found: dict[str, str | int] = {semconv.DB_SYSTEM_NAME: system}
    collection = asset.name.partition(".")[2]
    if collection and system in _NAMED_IN_DATABASE:
        found[semconv.DB_COLLECTION_NAME] = collection
    return found


def _messaging(system: str, kind: Kind, asset: Asset) -> dict[str, str | int]:
    found: dict[str, str | int] = {semconv.MESSAGING_SYSTEM: system, semconv.MESSAGING_DESTINATION_NAME: asset.name}
    if kind in (Kind.READ, Kind.WRITE):
        found[semconv.MESSAGING_OPERATION_TYPE] = semconv.RECEIVE if kind is Kind.READ else semconv.SEND
    return found


def _rpc(asset: Asset) -> dict[str, str | int]:
    service = asset.namespace.partition("://")[2]
    found: dict[str, str | int] = {semconv.RPC_SYSTEM_NAME: semconv.GRPC, semconv.RPC_SYSTEM: semconv.GRPC}
    if service:
        found |= {semconv.RPC_SERVICE: service, semconv.RPC_METHOD: f"{service}/{asset.name}"}
    return found


def _web(scheme: str, kind: Kind, asset: Asset) -> dict[str, str | int]:
    path = f"/{asset.name}"
    if kind is Kind.SERVE:  # the host of its name is the service, not an address
        return {semconv.URL_SCHEME: scheme, semconv.HTTP_ROUTE: path}
    return {semconv.URL_SCHEME: scheme, semconv.URL_TEMPLATE: path} | _server(asset)


def _server(asset: Asset) -> dict[str, str | int]:
    """Return address and port where the namespace holds them."""
    try:
        parts = urlsplit(asset.namespace)
        host, port = parts.hostname, parts.port
    except ValueError:
        return {}
    found: dict[str, str | int] = {}
    if host:
        found[semconv.SERVER_ADDRESS] = host
    if host and port:
        found[semconv.SERVER_PORT] = port
    return found
