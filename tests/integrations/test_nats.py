"""nats-py under the policy, with a real server."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

nats = pytest.importorskip("nats")

import privacylib  # noqa: E402
from privacylib import integrations  # noqa: E402
from privacylib.instrumentation import patching  # noqa: E402
from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402
from tests.watched import POLICY, watched  # noqa: E402

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


class TestConformance(brokers.OnBroker, Conformance):
    name = "nats"

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


async def heard(client: Any) -> list[Any]:
    subscription = await client.subscribe("letters")
    await client.publish("letters", b"one", headers={"theirs": "1"})
    message = await subscription.next_msg(5)
    await subscription.unsubscribe()
    return [type(subscription), type(message), message.subject, message.data, message.headers["theirs"]]


async def iterated(client: Any) -> list[Any]:
    subscription = await client.subscribe("letters", max_msgs=2)
    for text in (b"one", b"two"):
        await client.publish("letters", text)
    return [type(subscription.messages), await anext(subscription.messages), await anext(subscription.messages)]


async def answered(client: Any) -> list[Any]:
    async def answer(message: Any) -> None:
        await message.respond(message.data + b"!")

    subscription = await client.subscribe("asked", cb=answer)
    found = await client.request("asked", b"one", timeout=5)
    await subscription.unsubscribe()
    return [type(found), found.data]


async def unanswered(client: Any) -> object:
    return await client.request("nobody", b"one", timeout=5)


async def silent(client: Any) -> object:
    subscription = await client.subscribe("silent")
    return await subscription.next_msg(0.05)


async def nameless(client: Any) -> object:
    return await client.publish("")


async def no_bytes(client: Any) -> object:
    return await client.publish("letters", object())


async def stored(client: Any) -> list[Any]:
    stream = client.jetstream()
    await stream.add_stream(name="differs", subjects=["kept"])
    told = await stream.publish("kept", b"one")
    reader = await stream.pull_subscribe("kept", "reader")
    (message,) = await reader.fetch(1, timeout=5)
    await message.ack()
    await stream.delete_stream("differs")
    return [type(told), told.seq, type(reader), message.data, message.metadata.num_delivered]


class TestDifferential(brokers.OnBroker, Differential):
    name = "nats"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:
        client: Any = await nats.connect(f"nats://127.0.0.1:{self.port}")
        try:
            yield client
        finally:
            await client.close()

    def plain(self, text: str) -> str:
        return re.sub(r"headers=(None|\{.*?\})|_INBOX[.\w]+", "", text)

    calls = (heard, iterated, answered, stored, unanswered, silent, nameless, no_bytes)


class TestConsuming(brokers.OnBroker, Consuming):
    name = "nats"

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


STORES = """
assets:
  - {match: "nats://*/$KV.people.**", labels: [CONTACT]}
  - {match: "nats://*/$O.people.C.**", labels: [CONTACT]}
  - {match: "nats://*/**", labels: []}
"""


async def _by_key(client: Any) -> Any:
    return await (await client.jetstream().key_value("people")).get("ana")


async def _by_stream(client: Any) -> Any:
    return await client.jetstream().get_last_msg("KV_people", "$KV.people.ana")


async def _by_object(client: Any) -> Any:
    return await (await client.jetstream().object_store("people")).get("ana")


@pytest.mark.parametrize("ask", [_by_key, _by_stream, _by_object])
def test_what_a_bucket_holds_is_read_of_it(tmp_path: Path, port: int, ask: Callable[[Any], Awaitable[Any]]) -> None:
    async def fill(client: Any) -> None:
        await (await client.jetstream().create_key_value(bucket="people")).put("ana", b"x")
        await (await client.jetstream().create_object_store("people")).put("ana", b"x")

    async def asked(client: Any) -> None:
        async with privacylib.scope("asks", fresh=True), privacylib.zone("reply"):
            found = await ask(client)
            assert getattr(found, "data", None) or found.value == b"x"
            assert privacylib.current().labels == {"CONTACT"}
        async with privacylib.scope("asks", fresh=True), privacylib.zone("ads"):
            with pytest.raises(privacylib.PolicyDenied):
                await ask(client)

    connected(port, fill)
    policy = POLICY.replace("\nassets:", STORES)
    with watched(tmp_path, policy=policy):
        integrations.install(frozenset({"nats"}))
        try:
            connected(port, asked)
        finally:
            patching.uninstall()
