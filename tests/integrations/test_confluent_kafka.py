"""confluent-kafka under the policy."""

import asyncio
import importlib
import re
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")

import privacylib  # noqa: E402
from tests.integrations.conformance import USERS, Conformance, Host, users  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402
from tests.integrations.kafka import SECONDS, cluster, consumer, end_of, fresh_topic, produce  # noqa: E402
from tests.watched import Watched, instrumented  # noqa: E402

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


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "confluent_kafka") as found:
        yield found


needs_batches = pytest.mark.skipif(not hasattr(confluent_kafka.Producer, "produce_batch"), reason="it has no batches")


@needs_batches
def test_a_batch_is_a_write_of_its_topic_and_refused_as_one(here: Watched, servers: str) -> None:
    producer: Any = confluent_kafka.Producer({"bootstrap.servers": servers})
    with privacylib.zone("reply"):
        users()
        assert producer.produce_batch("contacts", [{"value": "ana"}, {"value": "bo"}]) == 2
        with pytest.raises(privacylib.PolicyDenied):
            producer.produce_batch("plain", [{"value": "ana"}])
        assert len(producer) == 2
    assert producer.flush(SECONDS) == 0
    assert here.pairs() == {(USERS, f"kafka://{servers}/contacts")}


@needs_batches
def test_what_is_sent_and_received_by_tasks_is_theirs(here: Watched, servers: str) -> None:
    aio: Any = importlib.import_module("confluent_kafka.aio")
    topic = fresh_topic()

    async def work() -> None:
        producer = aio.AIOProducer({"bootstrap.servers": servers})
        async with privacylib.scope("sends", fresh=True):
            sent = await producer.produce(topic, b"ana")
        async with privacylib.scope("carries out", fresh=True), privacylib.zone("reply"):
            users()
            with pytest.raises(privacylib.PolicyDenied):
                await producer.produce("plain", b"ana")
            await producer.flush()
        assert (await sent).value() == b"ana"
        reader = aio.AIOConsumer({"bootstrap.servers": servers, "group.id": topic, "auto.offset.reset": "earliest"})
        await reader.subscribe([topic])
        message = await reader.poll(SECONDS)
        assert message.value() == b"ana"
        with privacylib.write("file:///plain"):
            pass
        await reader.close()
        await producer.close()

    asyncio.run(work())
    assert here.pairs() == {(f"kafka://{servers}/{topic}", "file:///plain")}
