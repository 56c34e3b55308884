"""nats-py under the policy, with a real server."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

nats = pytest.importorskip("nats")

from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.nats(tmp_path_factory.mktemp("nats")) as found:
        yield found


def connected(port: int, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Do something with a connection of its own."""

    async def run() -> Any:
        client: Any = await nats.connect(f"nats://127.0.0.1:{port}")
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(run())


class TestConformance(Conformance):
    name = "nats"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        port = self.port

        async def publish(subject: str) -> None:
            client: Any = await nats.connect(f"nats://127.0.0.1:{port}")
            try:
                await client.publish(subject, b"ana")
                await client.flush()
            finally:
                await client.close()

        async def messages(client: Any) -> int:
            return int((await client.jetstream().stream_info("plain")).state.messages)

        async def stream(client: Any) -> None:
            await client.jetstream().add_stream(name="plain", subjects=["plain"])

        async def gone(client: Any) -> None:
            await client.jetstream().delete_stream("plain")

        async def failing(client: Any) -> None:
            await client.publish("")

        connected(port, stream)
        yield Host(
            sink=f"nats://127.0.0.1:{port}/contacts",
            allowed=lambda: asyncio.run(publish("contacts")),
            refused=lambda: asyncio.run(publish("plain")),
            arrived=lambda: connected(port, messages) > 0,
            failing=lambda: connected(port, failing),
            error=nats.errors.BadSubjectError,
            awaited=lambda: publish("contacts"),
        )
        connected(port, gone)


class TestConsuming(Consuming):
    name = "nats"

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        port = self.port

        async def open_stream(client: Any) -> None:
            await client.jetstream().add_stream(name="letters", subjects=["letters"])

        def send(headers: dict[str, Any]) -> None:
            async def work(client: Any) -> None:
                await client.jetstream().publish("letters", b"ana", headers=headers or None)

            connected(port, work)

        def consume(works: list[Work]) -> None:
            connected(port, lambda client: self.consumed(client, works))

        async def close_stream(client: Any) -> None:
            await client.jetstream().delete_stream("letters")

        connected(port, open_stream)
        yield Courier(f"nats://127.0.0.1:{port}/letters", send, consume)
        connected(port, close_stream)

    async def consumed(self, client: Any, works: list[Work]) -> None:
        subscription = await client.jetstream().subscribe("letters", durable="tests", manual_ack=True)
        for work in works:
            message = await subscription.next_msg(timeout=10)
            work()
            await message.ack()


class TestCallbacks(TestConsuming):
    async def consumed(self, client: Any, works: list[Work]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        left = list(works)

        async def on_message(message: Any) -> None:
            try:
                left.pop(0)()
                await message.ack()
            except BaseException as error:  # noqa: BLE001 - it is raised below
                done.set_exception(error)
            if not left and not done.done():
                done.set_result(None)

        await client.jetstream().subscribe("letters", cb=on_message, durable="tests", manual_ack=True)
        await asyncio.wait_for(done, 10)


class TestPulling(TestConsuming):
    async def consumed(self, client: Any, works: list[Work]) -> None:
        subscription = await client.jetstream().pull_subscribe("letters", durable="tests")
        for work in works:
            (message,) = await subscription.fetch(1, timeout=10)
            work()
            await message.ack()
