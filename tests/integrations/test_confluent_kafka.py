"""confluent-kafka under the policy."""

import re
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")

from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402
from tests.integrations.kafka import SECONDS, cluster, consumer, end_of, fresh_topic, produce  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def servers() -> Generator[str]:
    with cluster() as address:
        yield address


class TestConformance(Conformance):
    name = "confluent_kafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        servers = self.servers
        before = end_of(servers, "plain")
        producer: Any = confluent_kafka.Producer({"bootstrap.servers": servers})

        yield Host(
            sink=f"kafka://{servers}/contacts",
            allowed=lambda: produce(servers, "contacts"),
            refused=lambda: produce(servers, "plain"),
            arrived=lambda: end_of(servers, "plain") > before,
            failing=lambda: producer.produce("contacts", "ana", partition="one"),
            error=TypeError,
        )


class TestDifferential(Differential):
    name = "confluent_kafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        topic, group = fresh_topic(), {"bootstrap.servers": self.servers, "group.id": "tests"}
        produce(self.servers, topic)
        reader: Any = confluent_kafka.Consumer(group)
        reader.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
        with closing(reader):
            yield topic, confluent_kafka.Producer({"bootstrap.servers": self.servers}), reader

    def plain(self, text: str) -> str:
        return re.sub(r"letters-\w+", "TOPIC", text)

    calls = (
        lambda at: [type(at[1]).__name__, isinstance(at[1], confluent_kafka.Producer), len(at[1])],
        lambda at: [at[1].produce(at[0], b"one", b"key", partition=0), at[1].flush(SECONDS)],
        lambda at: at[1].produce(at[0], object()),
        lambda at: at[1].produce(at[0], b"one", partition="one"),
        lambda at: at[1].produce(),
        lambda at: told(at[2].poll(SECONDS)),
        lambda at: [told(message) for message in at[2].consume(1, SECONDS)],
        lambda at: at[2].poll(0.0),
        lambda at: at[2].consume(1, 0.0),
        lambda at: at[2].poll("soon"),
    )


def told(message: Any) -> list[Any]:
    return [type(message), message.topic(), message.partition(), message.offset(), message.key(), message.value()]


class TestConsuming(Consuming):
    name = "confluent_kafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        topic = fresh_topic()
        servers = self.servers

        def consume(works: list[Work]) -> None:
            with consumer(servers, topic, f"of-{topic}") as reader:
                self.consumed(reader, works)

        yield Courier(f"kafka://{servers}/{topic}", lambda headers: produce(servers, topic, headers or None), consume)

    def consumed(self, reader: Any, works: list[Work]) -> None:
        for work in works:
            message = reader.poll(SECONDS)
            assert message is not None
            assert message.value() == b"ana", message.error()
            work()


class TestConsumingSeveral(TestConsuming):
    def consumed(self, reader: Any, works: list[Work]) -> None:
        for work in works:
            (message,) = reader.consume(1, SECONDS)
            assert message.value() == b"ana", message.error()
            work()
