"""One spelling for names that mean the same place: hosts and ports, and paths of HTTP.

All names pass here: what code declares, what libraries connect to, and what hosts are compared by. Source: RFC 3986,
3.2.2 and 6.2.2.1 (letters of hosts), 6.2.3 (ports of the scheme), 5.2.4 (dot segments); RFC 1034, 3.1 (the root's dot).
"""

import re
from functools import lru_cache

from privacylib.model import Asset

__all__ = ["host_and_port", "spelled"]

_WEB = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
"""Schemes whose names are paths, with the port that is left out."""
_HOSTED = frozenset(_WEB) | {
    "amqp", "amqps", "cassandra", "clickhouse", "ftp", "hdfs", "kafka", "mariadb", "mongodb", "mssql", "mysql", "nats",
    "oracle", "postgres", "postgresql", "presto", "redis", "rediss", "rq", "sftp", "smtp", "syslog", "tcp", "trino",
    "udp", "valkey",
}  # fmt: skip
"""Schemes behind which a host stands. Elsewhere it is a bucket, a service or a registry, whose letters count."""
_ROOT = re.compile(r"(?:(?<=,)|\A)([^:,]*[^.:,])\.(?=[:,]|\Z)")
"""The dot behind a whole name of the DNS."""
_DOTS = re.compile(r"(?:\A|/)\.{1,2}(?:/|\Z)")


def host_and_port(text: str, scheme: str = "") -> str:
    """Return a host, with its port, or several with commas between, as one writes it.

    Args:
        text: For example ``DB.Example.org.:5432``; what holds a template stays as it is.
        scheme: Whose own port is left out.

    Returns:
        Here ``db.example.org:5432``.
    """
    if "{" in text:
        return text
    found = _ROOT.sub(r"\1", text.lower())
    port = _WEB.get(scheme)
    return found if port is None else found.removesuffix(":").removesuffix(f":{port}")


@lru_cache(maxsize=1024)
def _located(namespace: str) -> str:
    scheme, joint, host = namespace.partition("://")
    known = scheme.lower()
    return f"{known}{joint}{host_and_port(host, known)}" if joint and known in _HOSTED else namespace


def spelled(name: Asset) -> Asset:
    """Return an asset under the spelling of its place that all share."""
    namespace, text = _located(name.namespace), name.name
    scheme, joint, _ = namespace.partition("://")
    if joint and scheme in _WEB and _DOTS.search(text):
        text = _without_dots(text)
    elif not joint and scheme in _HOSTED and not text.startswith("/"):  # a host alone, without a path
        text = host_and_port(text, scheme)
    return name if (namespace, text) == (name.namespace, name.name) else Asset(namespace, text)


def _without_dots(path: str) -> str:
    """Return a path, without its first ``/``, with the segments ``.`` and ``..`` carried out."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, ""] if segments[-1] in (".", "..") else kept)
