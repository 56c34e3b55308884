"""kombu under the policy, with a real Redis between sender and receiver."""

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

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


@contextmanager
def connection(port: int) -> Generator[Any]:
    with kombu.Connection(f"redis://127.0.0.1:{port}/1") as found:
        yield found


class TestConformance(Conformance):
    name = "kombu"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

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


class TestConsuming(Consuming):
    name = "kombu"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

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
