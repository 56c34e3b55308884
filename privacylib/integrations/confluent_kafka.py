"""confluent-kafka: records of Kafka's topics, by librdkafka."""

from collections.abc import Iterator
from typing import Any

from privacylib.families.kafka import Headers, broker, configured, named, pairs, remember
from privacylib.families.messaging import Message, sent
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _made(call: Call) -> None:
    remember(call["self"], call.args[1:], call.kwargs)


def _produced(call: Call) -> tuple[Operation, ...]:
    return sent(named(broker(configured(call["self"])), call["topic"]))


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


_PRODUCE = ("self", "topic", "value", "key", "partition", "callback", "on_delivery", "timestamp", "headers")

_MODULES = ("confluent_kafka.cimpl", "confluent_kafka")

INTEGRATION = Integration(
    "confluent_kafka",
    (
        *(Patch(f"confluent_kafka.cimpl:{kind}.__init__", after=_made) for kind in ("Producer", "Consumer")),
        Patch("confluent_kafka.cimpl:Producer.produce", _produced, _PRODUCE, pins={"headers": pairs}, sends=_headers),
        Patch("confluent_kafka.cimpl:Consumer.poll", parameters=("self", "timeout"), takes=_polled),
        Patch("confluent_kafka.cimpl:Consumer.consume", parameters=("self", "num_messages"), takes=_consumed),
        *(Patch(f"{module}:{kind}", derived=True) for module in _MODULES for kind in ("Producer", "Consumer")),
    ),
    distribution="confluent-kafka",
    versions=("2.0", "3"),
)
