"""confluent-kafka under the policy."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")

from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
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
