"""pika under the policy, with a real RabbitMQ."""

import re
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

pika = pytest.importorskip("pika")

from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402

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


class TestConformance(brokers.OnBroker, Conformance):
    name = "pika"

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


def got(at: Any) -> list[Any]:
    at.basic_publish("", "differs", b"ana")
    method, properties, body = at.basic_get("differs", auto_ack=True)
    return [method, type(properties), body]


def consumed(at: Any) -> list[Any]:
    for text in (b"one", b"two"):
        at.basic_publish("", "differs", text)
    found = at.consume("differs", auto_ack=True, inactivity_timeout=5)
    seen: list[Any] = [type(found), [[type(part) for part in next(found)[:2]], next(found)[2]]]
    return [*seen, at.cancel()]


def called_back(at: Any) -> list[Any]:
    seen: list[Any] = []
    at.basic_publish("", "differs", b"ana")

    def heard(*given: Any) -> None:
        seen.append([type(each) for each in given])

    tag = at.basic_consume("differs", heard, auto_ack=True)
    while not seen:
        at.connection.process_data_events(1)
    at.basic_cancel(tag)
    return seen


class TestDifferential(brokers.OnBroker, Differential):
    name = "pika"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with channel(self.port) as at:
            at.queue_declare("differs")
            at.queue_purge("differs")
            yield at

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1['\w, :]*\d+|ctag1\.\w+", "HERE", text)

    calls = (
        got,
        consumed,
        called_back,
        lambda at: at.basic_get("differs"),
        lambda at: at.basic_publish("", "differs", object()),
        lambda at: at.basic_publish("", "differs"),
        lambda at: at.basic_publish("", "differs", b"ana", pika.BasicProperties(headers={"theirs": 1})),
        lambda at: at.basic_get("differs", auto_ack=True)[1].headers["theirs"],
        lambda at: at.confirm_delivery(),
        lambda at: at.basic_publish("", "nowhere", b"ana", mandatory=True),
        lambda at: at.basic_get("nowhere"),
        lambda at: at.basic_publish("", "differs", b"ana"),
    )


class TestConsuming(brokers.OnBroker, Consuming):
    name = "pika"

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


class TestGettingLater(TestConsuming):
    """As channels do that wait for nothing, and call back."""

    def consumed(self, at: Any, works: list[Work]) -> None:
        left = list(works)

        def on_message(_: Any, method: object, properties: object, body: bytes) -> None:
            assert body == b"ana"
            left.pop(0)()

        for before in range(len(works), 0, -1):
            at._impl.basic_get("letters", on_message, auto_ack=True)
            while len(left) == before:
                at.connection.process_data_events(1)


class TestStepping(TestConsuming):
    def consumed(self, at: Any, works: list[Work]) -> None:
        for work, (_, _, body) in zip(works, at.consume("letters", auto_ack=True), strict=False):
            assert body == b"ana"
            work()
        at.cancel()
