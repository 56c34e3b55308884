"""confluent-kafka: records of Kafka's topics, by librdkafka."""

from collections.abc import Iterator
from typing import Any

from privacylib.families.kafka import Headers, broker, configured, named, pairs, remember
from privacylib.families.messaging import Message, sent
from privacylib.instrumentation.facts import Outgoing
from privacylib.instrumentation.table import Call, Delivery, Integration, Patch, Subclass
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _made(call: Call) -> None:
    remember(call["self"], call.args[1:], call.kwargs)


def _produced(call: Call) -> tuple[Operation, ...]:
    topic = call["topic"]
    return sent(named(broker(configured(call["self"])), topic)) if isinstance(topic, str) else ()


def _headers(call: Call) -> Any:
    return Headers(call["headers"])


def _polled(call: Call) -> Iterator[Message]:
    if call.result is not None:
        yield from _messages(call["self"], [call.result])


def _consumed(call: Call) -> Iterator[Message]:
    yield from _messages(call["self"], call.result)


def _messages(consumer: Any, found: list[Any]) -> Iterator[Message]:
    at = broker(configured(consumer))
    return (Message(named(at, one.topic()), one.headers()) for one in found if one.error() is None)


_MADE = "confluent_kafka.cimpl"
_PRODUCE = ("self", "topic", "value", "key", "partition", "callback", "on_delivery", "timestamp", "headers")

_CLASSES = ("Producer", "Consumer")
_SENDS = Outgoing(_headers)

INTEGRATION = Integration(
    "confluent_kafka",
    (
        *(Patch(f"{_MADE}:{kind}.__init__", after=_made) for kind in _CLASSES),
        Patch(f"{_MADE}:Producer.produce", _produced, parameters=_PRODUCE, pins={"headers": pairs}, sends=_SENDS),
        Delivery(f"{_MADE}:Consumer.poll", _polled, parameters=("self", "timeout")),
        Delivery(f"{_MADE}:Consumer.consume", _consumed, parameters=("self", "num_messages")),
        *(Subclass(f"{module}:{kind}") for module in (_MADE, "confluent_kafka") for kind in _CLASSES),
    ),
    distribution="confluent-kafka",
    versions=("2.0", "3"),
)
