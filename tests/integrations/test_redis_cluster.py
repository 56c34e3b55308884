"""A cluster of Redis under the policy: three real servers, each with a third of the slots."""

import asyncio
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from privacylib import integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host
from tests.servers import await_port, free_port, program
from tests.watched import watched

pytestmark = [pytest.mark.library, pytest.mark.server]

redis: Any = pytest.importorskip("redis")
cluster: Any = pytest.importorskip("redis.cluster")
aredis: Any = pytest.importorskip("redis.asyncio")

SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))
SECONDS = 30


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Generator[list[int]]:
    binary = program("redis-server", "apt-get install redis-server")
    with ExitStack() as stack:
        found: list[int] = []
        for _ in SLOTS:
            port, bus, place = free_port(), free_port(), tmp_path_factory.mktemp("node")
            told = {"port": port, "cluster-port": bus, "bind": "127.0.0.1", "cluster-enabled": "yes", "save": ""}
            options = [word for name, value in {**told, "dir": place}.items() for word in (f"--{name}", str(value))]
            process = stack.enter_context(subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, text=True))
            stack.callback(process.terminate)
            await_port(port, process)
            found.append(port)
            with redis.Redis(port=port) as node:
                node.execute_command("CLUSTER ADDSLOTSRANGE", *SLOTS[len(found) - 1])
                with redis.Redis(port=found[0]) as first:
                    first.execute_command("CLUSTER MEET", "127.0.0.1", port, bus)
        await_whole(found)
        yield found


def await_whole(ports: list[int]) -> None:
    """Wait until all nodes know each other."""
    deadline = time.monotonic() + SECONDS
    for port in ports:
        with redis.Redis(port=port) as node:
            while node.cluster("info")["cluster_state"] != "ok" or node.cluster("info")["cluster_known_nodes"] != "3":
                assert time.monotonic() < deadline
                time.sleep(0.1)


class TestConformance(Conformance):
    name = "redis"

    @pytest.fixture(autouse=True)
    def nodes(self, ports: list[int]) -> None:
        self.ports = ports

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        first = min(f"127.0.0.1:{port}" for port in self.ports)
        with cluster.RedisCluster(host="127.0.0.1", port=self.ports[0]) as client:
            client.flushall()

            async def awaited() -> None:
                async with aredis.RedisCluster(host="127.0.0.1", port=self.ports[0]) as other:
                    await other.set("contacts:1", "ana")

            yield Host(
                sink=f"redis://{first}/0/contacts:{{id}}",
                allowed=lambda: client.set("contacts:1", "ana"),
                refused=lambda: client.set("plain", "ana"),
                arrived=lambda: bool(client.exists("plain")),
                failing=lambda: client.execute_command("SET", "contacts:1"),
                error=redis.ResponseError,
                awaited=awaited,
                streamed=lambda: piped(client),
            )


def piped(client: Any) -> None:
    with client.pipeline() as pipeline:
        pipeline.set("contacts:1", "ana").set("contacts:2", "bo").execute()


def test_pipelines_and_reads_of_both_kinds(tmp_path: Path, ports: list[int]) -> None:
    async def work() -> None:
        async with aredis.RedisCluster(host="127.0.0.1", port=ports[0]) as client:
            assert await client.get("contacts:1") == b"ana"
            async with client.pipeline() as pipeline:
                await pipeline.set("kept:1", "x").execute()

    with watched(tmp_path, mode="observe") as here:
        integrations.install(frozenset({"redis"}))
        with cluster.RedisCluster(host="127.0.0.1", port=ports[0]) as client:
            client.set("contacts:1", "ana")
        asyncio.run(work())
        patching.uninstall()
        place = "redis://" + min(f"127.0.0.1:{port}" for port in ports) + "/0"
        assert here.pairs() == {(f"{place}/contacts:{{id}}", f"{place}/kept:{{id}}")}


def _watched(client: Any) -> None:
    with client.pipeline(transaction=True) as pipeline:
        pipeline.watch("{plain}:contacts")
        found = pipeline.get("{plain}:contacts")
        pipeline.multi()
        pipeline.set("{plain}:kept", found)
        pipeline.execute()


async def _awaited(port: int) -> None:
    async with (
        aredis.RedisCluster(host="127.0.0.1", port=port) as client,
        client.pipeline(transaction=True) as pipeline,
    ):
        await pipeline.watch("{plain}:contacts")
        found = await pipeline.get("{plain}:contacts")
        pipeline.multi()
        pipeline.set("{plain}:kept", found)
        await pipeline.execute()


@pytest.mark.skipif(not hasattr(cluster, "TransactionStrategy"), reason="it has no transactions")
@pytest.mark.parametrize("waits", [True, False])
def test_a_transaction_that_watches_reads_at_once(tmp_path: Path, ports: list[int], waits: bool) -> None:
    with watched(tmp_path, mode="observe") as here, cluster.RedisCluster(host="127.0.0.1", port=ports[0]) as client:
        client.set("{plain}:contacts", "ana")
        integrations.install(frozenset({"redis"}))
        _watched(client) if waits else asyncio.run(_awaited(ports[0]))
        patching.uninstall()
        place = "redis://" + min(f"127.0.0.1:{port}" for port in ports) + "/0"
        assert here.pairs() == {(f"{place}/{{plain}}:contacts", f"{place}/{{plain}}:kept")}
