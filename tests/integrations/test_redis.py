"""Redis under the policy: a real server."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, coverage
from privacylib.families.stores.keys import commands
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.servers import await_port, free_port, program
from tests.watched import Watched, instrumented

pytestmark = [pytest.mark.library, pytest.mark.server]

redis: Any = pytest.importorskip("redis")
aredis: Any = pytest.importorskip("redis.asyncio")


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    binary = program("redis-server", "apt-get install redis-server")
    port, directory = free_port(), tmp_path_factory.mktemp("redis")
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True)
    try:
        await_port(port, process)
        PORT.append(port)
        yield port
    finally:
        process.terminate()
        process.wait()
        PORT.clear()


PORT: list[int] = []
"""Of the server that runs."""


def place(rest: str) -> str:
    return f"redis://127.0.0.1:{PORT[0]}/{rest}"


@contextmanager
def client() -> Generator[Any]:
    with redis.Redis(host="127.0.0.1", port=PORT[0]) as found:
        found.flushall()
        yield found


class TestConformance(Conformance):
    name = "redis"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory

        async def awaited() -> None:
            async with aredis.Redis(host="127.0.0.1", port=PORT[0]) as found:
                await found.set("contacts", "ana")

        async def endless() -> None:
            async with aredis.Redis(host="127.0.0.1", port=PORT[0]) as found:
                await found.blpop("never")

        with client() as found:

            def streamed() -> None:
                with found.pipeline() as pipeline:
                    pipeline.rpush("contacts", "ana").rpush("contacts", "bo").execute()

            yield Host(
                sink=place("0/contacts"),
                allowed=lambda: found.set("contacts", "ana"),
                refused=lambda: found.set("plain", "ana"),
                arrived=lambda: bool(found.exists("plain")),
                failing=lambda: found.execute_command("NOSUCH"),
                error=redis.ResponseError,
                awaited=awaited,
                endless=endless,
                streamed=streamed,
            )


def _moved(pipeline: Any) -> None:
    value = pipeline.get("a")
    pipeline.multi()
    pipeline.set("b", value or b"")


class TestDifferential(Differential):
    name = "redis"

    def world(self, directory: Path) -> Any:
        del directory
        return client()

    def effects(self, world: Any) -> object:
        return sorted(world.keys())

    calls = (
        lambda db: db.set("a", "1"),
        lambda db: [db.get("a"), db.get("b"), db.incr("a"), db.type("a")],
        lambda db: db.set("a", "2", ex=100, get=True),
        lambda db: db.hset("h", mapping={"x": "1"}),
        lambda db: db.lpop("a"),
        lambda db: list(db.scan_iter("*")),
        lambda db: db.scan_iter("*"),
        lambda db: db.pipeline().set("p", 1).get("p"),
        lambda db: db.pipeline().set("p", 1).lpop("p").execute(),
        lambda db: db.pipeline(transaction=False).set("p", 1).get("p").execute(),
        lambda db: db.transaction(_moved, "a"),
        lambda db: db.register_script("return redis.call('get', KEYS[1])")(keys=["a"]),
        lambda db: db.xadd("s", {"x": 1}, id="1-1"),
        lambda db: db.xread({"s": "0"}),
        lambda db: db.execute_command("NOSUCH"),
        lambda db: db.execute_command(),
        lambda db: db.get(object()),
        lambda db: db.publish("c", "m"),
        lambda db: db.get(memoryview(b"a")),
        lambda db: db.eval("return 1", "many"),
        lambda db: db.execute_command("EVAL", "return 1"),
    )
    wrong = (
        lambda db: db.execute_command(),
        lambda db: db.execute_command(None),
        lambda db: db.execute_command(7),
        lambda db: db.get(object()),
        lambda db: db.get(None),
        lambda db: db.get(),
        lambda db: db.pipeline().execute_command().execute(),
    )


async def _put(db: Any) -> Any:
    return await db.set("a", "1")


async def _piped(db: Any) -> Any:
    return await db.pipeline().set("p", 1).lpop("p").execute()


async def _wrong(db: Any) -> Any:
    return await db.execute_command("NOSUCH")


async def _nothing(db: Any) -> Any:
    return await db.execute_command()


async def _odd(db: Any) -> Any:
    return await db.get(object())


class TestDifferentialAsync(Differential):
    name = "redis"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:  # type: ignore[override] - either kind will do
        del directory
        async with aredis.Redis(host="127.0.0.1", port=PORT[0]) as found:
            await found.flushall()
            yield found

    calls = (_put, _piped, _wrong)
    wrong = (_nothing, _odd)


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "redis") as found:
        yield found


def test_keys_are_named_by_their_template(here: Watched) -> None:
    with client() as db, privacylib.scope("work"):
        for number in (1, 22, "550e8400-e29b-41d4-a716-446655440000", "ana@example.org"):
            db.get(f"user:{number}:cart")
        db.set(b"totals", 1)
    names = ("user:{id}:cart", "user:{uuid}:cart", "user:{email}:cart")
    assert here.pairs() == {(place(f"0/{name}"), place("0/totals")) for name in names}


def test_each_database_has_its_own_keys_and_each_url_its_own_server(here: Watched) -> None:
    other_url = f"redis://127.0.0.1:{PORT[0]}/3"
    with client() as db, closing(redis.Redis.from_url(other_url)) as other, privacylib.scope("work"):
        other.get("a")
        db.set("a", 1)
    assert here.pairs() == {(place("3/a"), place("0/a"))}


def test_what_a_command_moves_inside_the_server_is_parsed(here: Watched) -> None:
    with client() as db, privacylib.scope("work"):
        db.set("a", 1)
        db.rename("a", "b")
    edges = {(edge.source, edge.sink, edge.evidence.value) for edge in here.edges()}
    assert edges == {(place("0/a"), place("0/b"), "parsed")}


def test_a_pipeline_is_decided_before_any_of_it_goes_out(here: Watched) -> None:
    with client() as db, privacylib.zone("reply"):
        users()
        with pytest.raises(PolicyDenied):
            db.pipeline().set("contacts", 1).set("plain", 1).execute()
        assert db.exists("contacts") == 0


def test_a_transaction_that_watches_reads_at_once(here: Watched) -> None:
    with client() as db, privacylib.scope("work"):
        db.transaction(_moved, "a")
    assert here.pairs() == {(place("0/a"), place("0/b"))}


def test_a_script_reads_and_writes_its_keys_and_one_without_keys_is_opaque(here: Watched) -> None:
    with client() as db, privacylib.scope("work"):
        db.register_script("return redis.call('set', KEYS[1], 1)")(keys=["a"])
    assert (place("0/a"), place("0/a")) in here.pairs()
    with client() as db, privacylib.scope("other", fresh=True):
        db.get("a")
        db.eval("return redis.call('set', 'hidden', 1)", 0)
    assert (place("0/a"), place("0/{…}")) in here.pairs()


def test_streams(here: Watched) -> None:
    with client() as db, privacylib.scope("work"):
        db.xadd("events", {"x": 1})
        db.xread({"events": "0", "more": "0"})
        db.set("sum", 1)
    assert here.pairs() == {(place("0/events"), place("0/sum")), (place("0/more"), place("0/sum"))}


def test_a_message_is_written_to_its_channel_and_read_from_it(here: Watched) -> None:
    with client() as db, db.pubsub() as inbox:
        inbox.subscribe("news:7")
        with privacylib.scope("publisher"):
            db.get("a")
            db.publish("news:7", "x")
        with privacylib.scope("reader", fresh=True):
            for _ in range(2):
                inbox.get_message(timeout=5)
            db.set("b", 1)
    assert here.pairs() == {(place("0/a"), place("channel/news:{id}")), (place("channel/news:{id}"), place("0/b"))}


async def test_connections_are_explained_also_where_a_task_makes_them(
    here: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = asyncio.open_connection

    async def by_a_task(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.create_task(opened(*args, **kwargs))

    monkeypatch.setattr(asyncio, "open_connection", by_a_task)
    gaps: list[str] = []
    coverage.keep(gaps.append, lambda: None)
    try:
        with privacylib.scope("work"):
            async with aredis.Redis(host="127.0.0.1", port=PORT[0]) as db:
                await db.get("a")
                await db.set("b", 1)
    finally:
        coverage.rest()
    assert gaps == []
    assert (place("0/a"), place("0/b")) in here.pairs()


async def test_asynchronous_messages_and_pipelines(here: Watched) -> None:
    async with aredis.Redis(host="127.0.0.1", port=PORT[0]) as db, db.pubsub() as inbox:
        await inbox.psubscribe("news:*")
        async with db.pipeline() as pipeline:
            with privacylib.scope("publisher"):
                await db.get("a")
                await pipeline.publish("news:7", "x").execute()
        with privacylib.scope("reader", fresh=True):
            for _ in range(2):
                await inbox.get_message(timeout=5)
            await db.set("b", 1)
    assert here.pairs() == {(place("0/a"), place("channel/news:{id}")), (place("channel/news:{id}"), place("0/b"))}


def test_a_denied_read_reads_nothing(here: Watched) -> None:
    with client() as db, privacylib.zone("ads"), pytest.raises(PolicyDenied):
        db.get("contacts")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("get", b"a"), "r0/a"),
        (("SET", "a", "1"), "w0/a"),
        (("SET", "a", "1", "GET"), "r0/a w0/a"),
        (("MSET", "a", "1", "b", "2"), "w0/a w0/b"),
        (("DEL", "a", "b"), "w0/a w0/b"),
        (("BLPOP", "a", "b", 0), "r0/a r0/b w0/a w0/b"),
        (("EVALSHA", "sha", "2", "a", "b", "c"), "r0/a r0/b w0/a w0/b"),
        (("EVAL_RO", "script", 1, "a"), "r0/a"),
        (("EVAL_RO", "return redis.call('get', 'a')", 0), "o0/{…}"),
        (("FCALL_RO", "function", "0"), "o0/{…}"),
        (("XREADGROUP", "GROUP", "g", "me", "STREAMS", "a", "b", ">", ">"), "r0/a r0/b"),
        (("XINFO STREAM", "a"), "r0/a"),
        (("XINFO", "STREAM", "a"), "r0/a"),
        (("ZUNIONSTORE", "c", 2, "a", "b"), "r0/a r0/b w0/c"),
        (("SORT", "a", "BY", "w_*", "STORE", "c"), "r0/a r0/w_{…} w0/c"),
        (("LMPOP", 2, "a", "b", "LEFT"), "r0/a r0/b w0/a w0/b"),
        (("SCAN", 0), "r0/{…}"),
        (("FLUSHDB",), "w0/{…}"),
        (("PUBLISH", "a", "m"), "wchannel/a"),
        (("CLIENT GETNAME",), ""),
        (("CONFIG", "GET", "x"), ""),
        (("GET", b"\xff\xfe"), "r0/{…}"),
        (("MGET", *(f"x{c}y{d}" for c in "abcdefghi" for d in "abcdefghi")), "r0/{…}"),
        (("NOSUCH", "a"), "o0/{…}"),
        (("MIGRATE", "host", 1, "a", 0, 1), "o0/{…}"),
    ],
)
def test_commands(command: tuple[Any, ...], expected: str) -> None:
    told = commands("redis://h:1 0", [command])
    assert " ".join(f"{one.kind.name[0].lower()}{one.asset.name}" for one in told) == expected


def test_the_server_agrees_on_what_reads_and_writes() -> None:
    """Of every command of the server that has keys and that is listed."""
    with client() as db:
        answered = db.execute_command("COMMAND")
    wrong: dict[str, object] = {}
    for name, told in answered.items():
        specs = told.get("key_specifications", ())
        if len(specs) != 1 or specs[0][b"begin_search"][b"type"] != b"index":
            continue
        with suppress(LookupError, ValueError):
            arguments = [name, "1", "1", "1", "1", "1"]
            kinds = {one.kind.name for one in commands("redis://h:1 0", [arguments])}
            flags = {flag.decode() for flag in specs[0][b"flags"]}
            if name != "pfcount" and kinds and "OPAQUE" not in kinds and ("WRITE" in kinds) != ("RO" not in flags):
                wrong[name] = (kinds, flags)
    assert not wrong
