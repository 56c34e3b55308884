"""Brokers that kombu reaches, by whatever transport."""

from typing import Any

from privacylib.families.messaging.channels import channel
from privacylib.model import Asset

__all__ = ["routed"]


def routed(connection: Any, exchange: str | None, routing_key: str | None) -> Asset:
    """Name what messages go through.

    Args:
        connection: Of kombu; nothing is sent over it.
        exchange: Name of the exchange; none for the default one.
        routing_key: Which is the queue's name at the default exchange.
    """
    transport = connection.transport_cls if connection.port is None else connection.transport
    kind = getattr(transport, "driver_type", transport)
    name = f"{exchange}/{routing_key}" if exchange else routing_key or ""
    if kind == "redis":  # the key of a list in one of its databases
        name = f"{(connection.virtual_host or '').strip('/') or 0}/{name}"
    return channel(kind, connection.hostname or "localhost", connection.port, name)
