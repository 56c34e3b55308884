"""aiokafka under the policy."""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

aiokafka = pytest.importorskip("aiokafka")

from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402
from tests.integrations.kafka import cluster, end_of, fresh_topic, produce  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def servers() -> Generator[str]:
    with cluster() as address:
        yield address


@asynccontextmanager
async def sending(servers: str) -> AsyncGenerator[Any]:
    producer: Any = aiokafka.AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


class TestConformance(Conformance):
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


async def sent(at: Any, value: Any = b"one") -> list[Any]:
    future = await at[1].send(at[0], value, key=b"key", partition=0)
    result = await future
    return [type(future).__name__, type(result).__name__, result.topic, result.partition, result.offset]


async def sent_text(at: Any) -> object:
    return await sent(at, "text")


async def one(at: Any) -> list[Any]:
    return told(await at[2].getone())


async def many(at: Any) -> list[Any]:
    await sent(at)
    found: Any = {}
    while not found:
        found = await at[2].getmany(timeout_ms=1000)
    return [[list(partition), [told(record) for record in records]] for partition, records in found.items()]


async def none(at: Any) -> object:
    return await at[2].getmany(timeout_ms=0)


async def next_one(at: Any) -> list[Any]:
    await sent(at)
    return told(await anext(at[2]))


def told(record: Any) -> list[Any]:
    return [type(record).__name__, record.topic, record.partition, record.offset, record.key, record.value]


class TestDifferential(Differential):
    name = "aiokafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:
        topic, servers = fresh_topic(), self.servers
        produce(servers, topic)
        reader: Any = aiokafka.AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
        async with sending(servers) as producer, reader:
            reader.assign([aiokafka.TopicPartition(topic, 0)])
            yield topic, producer, reader

    def plain(self, text: str) -> str:
        return re.sub(r"letters-\w+", "TOPIC", text)

    calls = (one, sent, one, many, none, next_one, sent_text)


class TestConsuming(Consuming):
    name = "aiokafka"

    @pytest.fixture(autouse=True)
    def broker(self, servers: str) -> None:
        self.servers = servers

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        topic = fresh_topic()
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


class TestConsumingMany(TestConsuming):
    async def awaited(self, reader: Any, works: list[Work]) -> None:
        for work in works:
            records: Any = {}
            while not records:
                records = await reader.getmany(timeout_ms=1000, max_records=1)
            work()
