"""A cluster of Kafka for tests: the one of a single broker that librdkafka brings along."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from itertools import count
from typing import Any

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")

__all__ = ["SECONDS", "cluster", "consumer", "end_of", "fresh_topic", "produce"]

SECONDS = 30.0
_numbers = count()


def fresh_topic() -> str:
    """Return the name of a topic that nobody has used."""
    return "letters-" + "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))


@contextmanager
def cluster() -> Generator[str]:
    """Run a cluster for as long as the client that has it; yields its address."""
    host: Any = confluent_kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": ""})
    brokers = host.list_topics(timeout=SECONDS).brokers.values()
    addresses = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    for topic in ("contacts", "plain"):
        produce(addresses, topic)
    yield addresses
    host.flush(0)


def consumer(servers: str, topic: str, group: str = "tests") -> Any:
    found: Any = confluent_kafka.Consumer(
        {"bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest"}
    )
    found.subscribe([topic])
    return closing(found)


def produce(servers: str, topic: str, headers: dict[str, Any] | None = None) -> None:
    producer: Any = confluent_kafka.Producer({"bootstrap.servers": servers})
    producer.produce(topic, b"ana", partition=0, headers=headers)
    assert producer.flush(SECONDS) == 0


def end_of(servers: str, topic: str) -> int:
    """Return how many records a topic has."""
    with consumer(servers, topic) as reader:
        return int(reader.get_watermark_offsets(confluent_kafka.TopicPartition(topic, 0), timeout=SECONDS)[1])
