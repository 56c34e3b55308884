"""aiokafka: records of Kafka's topics."""

from collections.abc import Iterator
from typing import Any

from privacylib.families.messaging.channels import Message, sent
from privacylib.families.messaging.kafka import Headers, broker, named, pairs
from privacylib.instrumentation.facts import Outgoing
from privacylib.instrumentation.table import Call, Delivery, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _sent(call: Call) -> tuple[Operation, ...]:
    return sent(named(broker(call["self"].client._bootstrap_servers), call["topic"]))


def _headers(call: Call) -> Any:
    return Headers(call["headers"])


def _one(call: Call) -> Iterator[Message]:
    yield _message(call["self"], call.result)


def _many(call: Call) -> Iterator[Message]:
    for records in call.result.values():
        yield from (_message(call["self"], record) for record in records)


def _message(consumer: Any, record: Any) -> Message:
    return Message(named(broker(consumer._client._bootstrap_servers), record.topic), record.headers)


_PRODUCER = "aiokafka.producer.producer:AIOKafkaProducer"
_CONSUMER = "aiokafka.consumer.consumer:AIOKafkaConsumer"

INTEGRATION = Integration(
    "aiokafka",
    (
        Patch(f"{_PRODUCER}.send", _sent, pins={"headers": pairs}, sends=Outgoing(_headers)),
        Patch(f"{_PRODUCER}.send_batch", _sent),
        Delivery(f"{_CONSUMER}.getone", _one),
        Delivery(f"{_CONSUMER}.getmany", _many),
    ),
    distribution="aiokafka",
    versions=("0.8", "1"),
    connects=("aiokafka",),
)
