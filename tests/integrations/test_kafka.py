"""confluent-kafka and aiokafka under the policy, with the cluster that librdkafka brings along for tests."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")
aiokafka = pytest.importorskip("aiokafka")

from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]

SECONDS = 30.0


@pytest.fixture(scope="module")
def servers() -> Generator[str]:
    """Run a cluster of one broker, for as long as the client that has it."""
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


class TestConfluentConformance(Conformance):
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


class TestConfluentConsuming(Consuming):
    name = "confluent_kafka"
    topics = iter(range(1000))

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        topic = f"letters-{'abcdefghijklmnopqrstuvwxyz'[next(self.topics)]}"
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


class TestConsumingSeveral(TestConfluentConsuming):
    def consumed(self, reader: Any, works: list[Work]) -> None:
        for work in works:
            (message,) = reader.consume(1, SECONDS)
            assert message.value() == b"ana", message.error()
            work()


@asynccontextmanager
async def sending(servers: str) -> AsyncGenerator[Any]:
    producer: Any = aiokafka.AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


class TestAiokafkaConformance(Conformance):
    name = "aiokafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        servers, before = self.servers, end_of(self.servers, "plain")

        async def send(topic: str, value: Any = b"ana") -> None:
            async with sending(servers) as producer:
                await producer.send_and_wait(topic, value, partition=0)

        yield Host(
            sink=f"kafka://{servers}/contacts",
            allowed=lambda: asyncio.run(send("contacts")),
            refused=lambda: asyncio.run(send("plain")),
            arrived=lambda: end_of(servers, "plain") > before,
            failing=lambda: asyncio.run(send("contacts", "text")),
            error=TypeError,
            awaited=lambda: send("contacts"),
        )


class TestAiokafkaConsuming(TestConfluentConsuming):
    name = "aiokafka"

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        topic = f"notes-{'abcdefghijklmnopqrstuvwxyz'[next(self.topics)]}"
        servers = self.servers

        async def send(headers: dict[str, Any]) -> None:
            async with sending(servers) as producer:
                pairs = [(name, value.encode()) for name, value in headers.items()]
                await producer.send_and_wait(topic, b"ana", partition=0, headers=pairs)

        async def consume(works: list[Work]) -> None:
            reader: Any = aiokafka.AIOKafkaConsumer(
                topic, bootstrap_servers=servers, group_id=f"of-{topic}", auto_offset_reset="earliest"
            )
            await reader.start()
            try:
                await self.awaited(reader, works)
            finally:
                await reader.stop()

        yield Courier(
            f"kafka://{servers}/{topic}",
            lambda headers: asyncio.run(send(headers)),
            lambda works: asyncio.run(consume(works)),
        )

    async def awaited(self, reader: Any, works: list[Work]) -> None:
        left = list(works)
        async for record in reader:
            assert record.value == b"ana"
            left.pop(0)()
            if not left:
                return


class TestAiokafkaConsumingMany(TestAiokafkaConsuming):
    async def awaited(self, reader: Any, works: list[Work]) -> None:
        for work in works:
            records: Any = {}
            while not records:
                records = await reader.getmany(timeout_ms=1000, max_records=1)
            work()
