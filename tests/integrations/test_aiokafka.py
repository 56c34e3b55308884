"""aiokafka under the policy."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

aiokafka = pytest.importorskip("aiokafka")

from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.kafka import cluster, end_of, fresh_topic  # noqa: E402

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
