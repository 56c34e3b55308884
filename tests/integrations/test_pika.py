"""pika under the policy, with a real RabbitMQ."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

pika = pytest.importorskip("pika")

from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as found:
        yield found


@contextmanager
def channel(port: int) -> Generator[Any]:
    parameters: Any = pika.ConnectionParameters("127.0.0.1", port, heartbeat=0)
    with closing(pika.BlockingConnection(parameters)) as connection:
        yield connection.channel()


class TestConformance(Conformance):
    name = "pika"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        port = self.port

        def publish(queue: str) -> None:
            with channel(port) as at:
                at.confirm_delivery()
                at.basic_publish("", queue, b"ana")

        def waiting() -> int:
            with channel(port) as at:
                return int(at.queue_declare("plain", passive=True).method.message_count)

        def failing() -> None:
            with channel(port) as at:
                at.close()
                at.basic_publish("", "contacts", b"ana")

        with channel(port) as at:
            at.queue_declare("contacts")
            at.queue_declare("plain")
            at.queue_purge("plain")
        yield Host(
            sink=f"amqp://127.0.0.1:{port}/contacts",
            allowed=lambda: publish("contacts"),
            refused=lambda: publish("plain"),
            arrived=lambda: waiting() > 0,
            failing=failing,
            error=pika.exceptions.ChannelWrongStateError,
        )


class TestConsuming(Consuming):
    name = "pika"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        port = self.port

        def send(headers: dict[str, Any]) -> None:
            with channel(port) as at:
                at.basic_publish("", "letters", b"ana", pika.BasicProperties(headers=headers) if headers else None)

        def consume(works: list[Work]) -> None:
            with channel(port) as at:
                self.consumed(at, works)

        with channel(port) as at:
            at.queue_declare("letters")
            at.queue_purge("letters")
            yield Courier(f"amqp://127.0.0.1:{port}/letters", send, consume)

    def consumed(self, at: Any, works: list[Work]) -> None:
        left = list(works)

        def on_message(at: Any, method: Any, properties: object, body: bytes) -> None:
            assert body == b"ana"
            left.pop(0)()
            at.basic_ack(method.delivery_tag)
            if not left:
                at.stop_consuming()

        at.basic_consume("letters", on_message)
        at.start_consuming()


class TestGetting(TestConsuming):
    def consumed(self, at: Any, works: list[Work]) -> None:
        for work in works:
            method, _, body = at.basic_get("letters", auto_ack=True)
            assert (method is not None, body) == (True, b"ana")
            work()


class TestStepping(TestConsuming):
    def consumed(self, at: Any, works: list[Work]) -> None:
        for work, (_, _, body) in zip(works, at.consume("letters", auto_ack=True), strict=False):
            assert body == b"ana"
            work()
        at.cancel()
