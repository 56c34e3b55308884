"""confluent-kafka: records of Kafka's topics, by librdkafka."""

from collections.abc import Iterator
from typing import Any

from privacylib.families.messaging.channels import Message, sent
from privacylib.families.messaging.kafka import Headers, broker, configured, named, pairs, remember
from privacylib.instrumentation.facts import APART, Outgoing
from privacylib.instrumentation.table import Call, Delivery, Integration, Patch, Subclass
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _made(call: Call) -> None:
    remember(call["self"], call.args[1:], call.kwargs)


def _produced(call: Call) -> tuple[Operation, ...]:
    topic = call["topic"]
    return sent(named(broker(configured(_client(call))), topic)) if isinstance(topic, str) else ()


def _client(call: Call) -> Any:
    """Return the client that a call is on; those for asyncio have one, and threads that ask it."""
    own: Any = call["self"]
    return getattr(own, "_producer", getattr(own, "_consumer", own))


def _headers(call: Call) -> Any:
    return Headers(call["headers"])


def _polled(call: Call) -> Iterator[Message]:
    if call.result is not None:
        yield from _messages(_client(call), [call.result])


def _consumed(call: Call) -> Iterator[Message]:
    yield from _messages(_client(call), call.result)


def _messages(consumer: Any, found: list[Any]) -> Iterator[Message]:
    at = broker(configured(consumer))
    return (Message(named(at, one.topic()), one.headers()) for one in found if one.error() is None)


_MADE = "confluent_kafka.cimpl"
_PRODUCE = ("self", "topic", "value", "key", "partition", "callback", "on_delivery", "timestamp", "headers")

_AIO, _NEW, _SHARED = "confluent_kafka.aio", ("2.12", ""), ("2.15", "")
_CLASSES = {"Producer": ("", ""), "Consumer": ("", ""), "ShareConsumer": _SHARED}
_SENDS = Outgoing(_headers)

INTEGRATION = Integration(
    "confluent_kafka",
    (
        *(Patch(f"{_MADE}:{kind}.__init__", after=_made, versions=having) for kind, having in _CLASSES.items()),
        Patch(f"{_MADE}:Producer.produce", _produced, parameters=_PRODUCE, pins={"headers": pairs}, sends=_SENDS),
        Patch(f"{_MADE}:Producer.produce_batch", _produced, parameters=_PRODUCE[:2], versions=_NEW),
        Delivery(f"{_MADE}:ShareConsumer.poll", _consumed, parameters=("self", "timeout"), versions=_SHARED),
        Delivery(f"{_MADE}:Consumer.poll", _polled, parameters=("self", "timeout")),
        Delivery(f"{_MADE}:Consumer.consume", _consumed, parameters=("self", "num_messages")),
        *(Subclass(f"{module}:{kind}", versions=having)
          for module in (_MADE, "confluent_kafka") for kind, having in _CLASSES.items()),
        Patch(f"{_AIO}.producer._AIOProducer:AIOProducer.produce", _produced, versions=_NEW),
        Patch(f"{_AIO}.producer._kafka_batch_executor:ProducerBatchExecutor.execute_batch", body=APART, versions=_NEW),
        Delivery(f"{_AIO}._AIOConsumer:AIOConsumer.poll", _polled, body=APART, versions=_NEW),
        Delivery(f"{_AIO}._AIOConsumer:AIOConsumer.consume", _consumed, body=APART, versions=_NEW),
    ),
    distribution="confluent-kafka",
    versions=("2.0", "3"),
)  # fmt: skip
