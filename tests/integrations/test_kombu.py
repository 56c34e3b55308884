"""kombu under the policy, with a real Redis between sender and receiver."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

kombu = pytest.importorskip("kombu")
pytest.importorskip("redis")

from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


@contextmanager
def connection(port: int) -> Generator[Any]:
    with kombu.Connection(f"redis://127.0.0.1:{port}/1") as found:
        yield found


class TestConformance(brokers.OnBroker, Conformance):
    name = "kombu"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        port = self.port

        def publish(queue: str, body: object = "ana") -> None:
            with connection(port) as at:
                at.Producer(serializer="json").publish(body, routing_key=queue, declare=[kombu.Queue(queue)])

        def waiting() -> int:
            with connection(port) as at:
                return int(at.default_channel.client.llen("plain"))

        with connection(port) as at:
            at.default_channel.client.flushdb()
        yield Host(
            sink=f"redis://127.0.0.1:{port}/1/contacts",
            allowed=lambda: publish("contacts"),
            refused=lambda: publish("plain"),
            arrived=lambda: waiting() > 0,
            failing=lambda: publish("contacts", object()),
            error=kombu.exceptions.EncodeError,
        )


def simple(at: Any) -> list[Any]:
    with at.SimpleQueue("differs") as queue:
        put = queue.put({"a": 1}, headers={"theirs": 1})
        message = queue.get(timeout=10)
        message.ack()
        return [put, type(message), message.payload, message.headers["theirs"], queue.qsize()]


def consumed(at: Any) -> list[Any]:
    seen: list[Any] = []

    def on_message(body: object, message: Any) -> None:
        seen.append([body, type(message), message.content_type])
        message.ack()

    queue = kombu.Queue("differs")
    at.Producer().publish("text", routing_key="differs", declare=[queue])
    with at.Consumer(queue, callbacks=[on_message], accept=["json", "text/plain"]) as consumer:
        at.drain_events(timeout=10)
        return [type(consumer), seen]


class TestDifferential(brokers.OnBroker, Differential):
    name = "kombu"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with connection(self.port) as at:
            at.default_channel.client.flushdb()
            yield at

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    calls = (
        simple,
        consumed,
        lambda at: at.Producer().publish("text", routing_key="differs", declare=[kombu.Queue("differs")]),
        lambda at: at.Producer(serializer="json").publish(object(), routing_key="differs"),
        lambda at: at.Producer().publish("text", routing_key="differs", serializer="none such"),
        lambda at: at.Producer().publish(),
        lambda at: at.drain_events(timeout=0.05),
    )

    def effects(self, world: Any) -> object:
        return world.default_channel.client.llen("differs")


class TestConsuming(brokers.OnBroker, Consuming):
    name = "kombu"

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        queue, port = kombu.Queue("letters"), self.port

        def send(headers: dict[str, Any]) -> None:
            with connection(port) as at:
                at.Producer().publish("ana", routing_key="letters", headers=headers, declare=[queue])

        def consume(works: list[Work]) -> None:
            left = list(works)

            def on_message(body: object, message: Any) -> None:
                assert body == "ana"
                left.pop(0)()
                message.ack()

            with connection(port) as at, at.Consumer(queue, callbacks=[on_message], accept=["json", "text/plain"]):
                while left:
                    at.drain_events(timeout=10)

        with connection(port) as at:
            at.default_channel.client.flushdb()
        yield Courier(f"redis://127.0.0.1:{port}/1/letters", send, consume)
