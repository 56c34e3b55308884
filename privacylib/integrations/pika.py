"""pika: messages of RabbitMQ and other AMQP brokers, named by exchange and routing key."""

import copy
from collections.abc import Iterator
from typing import Any

from privacylib.families.messaging.channels import Message, channel, handling, sent
from privacylib.instrumentation.facts import Outgoing
from privacylib.instrumentation.table import Call, Delivery, Integration, Patch
from privacylib.model import Asset, Operation

__all__ = ["INTEGRATION"]


def _asset(at: Any, exchange: str, routing_key: str) -> Asset:
    connection = at.connection
    parameters = getattr(connection, "_impl", connection).params
    return channel("amqp", parameters.host, parameters.port, f"{exchange}/{routing_key}" if exchange else routing_key)


def _published(call: Call) -> tuple[Operation, ...]:
    return sent(_asset(call["self"], call["exchange"], call["routing_key"]))


def _with_headers(properties: Any) -> Any:
    """Return properties that the call may write headers into; the host's own stay as they are."""
    import pika

    own = pika.BasicProperties() if properties is None else copy.copy(properties)
    own.headers = dict(own.headers or {})
    return own


def _headers(call: Call) -> Any:
    return call["properties"].headers


def _message(at: Any, method: Any, properties: Any, body: object) -> Message:
    del body
    return Message(_asset(at, method.exchange, method.routing_key), properties.headers)


def _got(call: Call) -> Iterator[Message]:
    method, properties, body = call.result
    if method is not None:
        yield _message(call["self"], method, properties, body)


_on_message = handling(_message)


def _callback(given: Any) -> Any:
    """Leave out those that a blocking channel gives: they only keep the message for the host's own, or its result."""
    inner = getattr(given, "__name__", "") in ("_on_consumer_message_delivery", "set_value_once")
    return given if inner else _on_message(given)


def _consume(target: str) -> Patch:
    return Patch(f"{target}.basic_consume", pins={"on_message_callback": _callback})


_CHANNEL = "pika.channel:Channel"
_BLOCKING = "pika.adapters.blocking_connection:BlockingChannel"

INTEGRATION = Integration(
    "pika",
    (
        Patch(f"{_CHANNEL}.basic_publish", _published, pins={"properties": _with_headers}, sends=Outgoing(_headers)),
        _consume(_CHANNEL),
        Patch(f"{_CHANNEL}.basic_get", pins={"callback": _callback}),
        _consume(_BLOCKING),
        Delivery(f"{_BLOCKING}.basic_get", _got),
        Delivery(f"{_BLOCKING}.consume", _got),
    ),
    distribution="pika",
    versions=("1.2", "2"),
    connects=("pika",),
)
