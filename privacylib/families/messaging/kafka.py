"""Kafka: topics, named by the first of the brokers that a client is told of."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, cast

from privacylib.families.messaging.channels import channel
from privacylib.model import Asset
from privacylib.naming import host_and_port

__all__ = ["Headers", "broker", "configured", "named", "pairs", "remember"]

_SERVERS = "_privacylib_servers"
"""Attribute of a client: the brokers that it was told of."""


def broker(servers: Any) -> tuple[str, str]:
    """Return host and port of the broker that names a cluster.

    Args:
        servers: As a client is told of them: ``host:port`` each, with commas or in a list.
    """
    listed = servers.split(",") if isinstance(servers, str) else sorted(map(str, servers or ()))
    host, _, port = min(map(_plain, listed), default="").rpartition(":")
    return (host, port) if host else (port, "")


def _plain(server: str) -> str:
    return host_and_port(server.strip().rpartition("://")[2])


def named(at: tuple[str, str], topic: str) -> Asset:
    """Name a topic of a cluster."""
    return channel("kafka", *at, topic)


def pairs(headers: Any) -> list[tuple[str, Any]]:
    """Return headers as pairs that a call may add to; the host's own stay as they are."""
    told = cast("Mapping[str, Any]", headers).items() if isinstance(headers, Mapping) else headers
    return list(cast("Iterable[tuple[str, Any]]", told or ()))


class Headers(MutableMapping[str, Any]):
    """Let headers be written as a mapping; their values are bytes, and a name may stand there twice.

    Args:
        held: Names and values.
    """

    def __init__(self, held: list[tuple[str, Any]]) -> None:
        self._held = held

    def __getitem__(self, name: str) -> Any:
        return next(value for given, value in self._held if given == name)

    def __setitem__(self, name: str, value: str | bytes) -> None:
        self._held.append((name, value.encode("latin-1") if isinstance(value, str) else value))

    def __delitem__(self, name: str) -> None:
        self._held[:] = [pair for pair in self._held if pair[0] != name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._held))

    def __len__(self) -> int:
        return len(dict(self._held))

    def items(self) -> Any:
        """Return all names and values."""
        return list(self._held)


def remember(client: Any, given: tuple[Any, ...], named_: Mapping[str, Any]) -> None:
    """Keep with a client which brokers it was told of."""
    settings: dict[str, Any] = {**(given[0] if given else {}), **named_}
    client.__dict__[_SERVERS] = settings.get("bootstrap.servers") or settings.get("metadata.broker.list") or ""


def configured(client: Any) -> str:
    """Return the brokers that a client was told of."""
    return getattr(client, _SERVERS, "")
