"""Calls that tell what one before them has told: every rule holds for them as it does for the first."""

import contextlib
from typing import Any

import grpc
import pytest

import privacylib
from privacylib.families.rpc import begin_again
from privacylib.testing import capture
from tests.grpc import services
from tests.grpc.ends import STYLES, ask, serving, working
from tests.grpc.test_context import ASSET, POLICY, read, violations, with_policy, write

TIMES = 4
KIND = "unary_unary"

each_client = pytest.mark.parametrize("client", STYLES)
each_server = pytest.mark.parametrize("server", STYLES)


@pytest.fixture(autouse=True)
def shortest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the calls that are made in the shortest way."""
    made: list[int] = []

    def counted(*given: Any) -> Any:
        calling = begin_again(*given)
        if calling is not None:
            made.append(1)
        return calling

    for client in ("client", "client_aio"):
        monkeypatch.setattr(f"privacylib.grpc.{client}.begin_again", counted)
    return made


@each_client
@each_server
async def test_each_call_is_a_pair_of_its_own(client: str, server: str, shortest: list[int]) -> None:
    with capture(POLICY, mode="enforce") as seen:
        async with serving(server, working(server, lambda _: None)) as target:
            with privacylib.zone("reply"):
                read("db://users")
                for _ in range(TIMES):
                    await ask(client, KIND, target)
                assert privacylib.current().labels == {"CONTACT"}

    assert len(shortest) >= TIMES - 2
    calls, answers = seen.of("CALL"), seen.of("SERVE")
    assert sorted(each.parent for each in answers) == sorted(each.span for each in calls)
    assert len({each.span for each in calls}) == TIMES
    assert {each.key for each in calls + answers} == {calls[0].key}
    assert all(each.labels == {"CONTACT"} for each in calls + answers)
    assert f"{ASSET[KIND]}#response" in calls[-1].sources
    assert seen.violations == []


@each_client
async def test_what_is_read_between_calls_goes_with_the_next(client: str, shortest: list[int]) -> None:
    inside: list[frozenset[str]] = []
    with capture(POLICY, mode="enforce"):
        handlers = working("aio", lambda _: inside.append(privacylib.current().labels))
        async with serving("aio", handlers) as target:
            with privacylib.zone("reply"):
                for _ in range(3):
                    await ask(client, KIND, target)
                read("db://users")
                for _ in range(3):
                    await ask(client, KIND, target)
    assert inside == [frozenset()] * 3 + [{"CONTACT"}] * 3
    assert shortest


@each_client
@each_server
async def test_a_response_that_brings_more_is_held(client: str, server: str, shortest: list[int]) -> None:
    asked: list[int] = []

    def work(_: int) -> None:
        asked.append(1)
        if len(asked) == TIMES:
            read("db://asked")

    with capture(POLICY, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target:
            with privacylib.zone("reply"):
                read("db://users")
                for _ in range(TIMES - 1):
                    await ask(client, KIND, target)
                assert privacylib.current().labels == {"CONTACT"}
                await ask(client, KIND, target)
                assert privacylib.current().labels == {"CONTACT", "INTERACTION"}
                with pytest.raises(privacylib.PolicyDenied):
                    write("file:///tmp/contacts")
    assert shortest
    assert violations(seen) == [("WRITE", "file:///tmp/contacts", "flow")]


@each_client
async def test_a_call_that_may_go_on_no_longer_is_never_sent(client: str, shortest: list[int]) -> None:
    """Another policy, and another zone, are other questions."""
    invoked: list[int] = []
    async with serving("aio", working("aio", invoked.append)) as target:
        for policy, fits in ((POLICY, True), (with_policy(trust={"egress": []}), False)):
            with capture(policy, mode="enforce"), privacylib.zone("reply"):
                read("db://users")
                for _ in range(3):
                    if fits:
                        await ask(client, KIND, target)
                    else:
                        with pytest.raises(privacylib.PolicyDenied):
                            await ask(client, KIND, target)
    assert len(invoked) == 3
    assert shortest


@each_client
async def test_fault_47_an_empty_answer_proves_nothing_where_nothing_was_asked(
    client: str, shortest: list[int]
) -> None:
    """A context that has no room in the metadata tells no half of a signature that could come back."""
    large = (("shop", "x" * 7_900),)

    async def handler(request: bytes, context: Any) -> bytes:
        if ("shop", large[0][1]) in context.invocation_metadata():
            context.set_trailing_metadata((("privacylib", ""),))
        return request

    roomy = [("grpc.max_metadata_size", 1 << 16)]
    with capture(POLICY):
        async with services.serving_aio(behaviors={KIND: handler}, options=roomy) as target:
            with privacylib.zone("reply"):
                for metadata in (None, None, large):
                    assert privacylib.current().unknown is None
                    await ask(client, KIND, target, metadata=metadata)
                assert privacylib.current().unknown == "malformed"
    assert shortest


@each_client
@pytest.mark.parametrize("reply", ["2e." + "0" * 32, "2r.forged", "2e.é"])
async def test_a_forged_echo_is_unknown(client: str, reply: str, shortest: list[int]) -> None:
    asked: list[int] = []

    async def handler(request: bytes, context: Any) -> bytes:
        asked.append(1)
        if len(asked) == TIMES and reply.isascii():
            context.set_trailing_metadata((("privacylib", reply),))
        return request

    with capture(POLICY):
        async with services.serving_aio(behaviors={KIND: handler}) as target:
            with privacylib.zone("reply"):
                for _ in range(TIMES):
                    assert privacylib.current().unknown is None
                    await ask(client, KIND, target)
                assert privacylib.current().unknown == ("malformed" if reply.isascii() else None)
    assert shortest


@each_client
async def test_metadata_of_the_host_stay(client: str, shortest: list[int]) -> None:
    told: list[Any] = []

    async def handler(request: bytes, context: Any) -> bytes:
        told.append(list(context.invocation_metadata()))
        return request

    with capture(POLICY):
        async with serving("aio", {KIND: handler}) as target:
            with privacylib.zone("reply"):
                for metadata in (None, (("shop", "1"),), (("baggage", "a=b"), ("shop", "2")), (("shop", "x" * 7_000),)):
                    await ask(client, KIND, target, metadata=metadata)
    assert [dict(each).get("shop", "")[:1] for each in told] == ["", "1", "2", "x"]
    bags = [[value for name, value in each if name == "baggage"] for each in told]
    assert [len(each) for each in bags] == [1, 1, 1, 1]
    assert bags[2][0].endswith(",a=b")
    assert all(each[0].startswith("privacylib=2.") for each in bags)
    assert shortest


@each_client
@each_server
async def test_a_failure_is_recorded_as_one(client: str, server: str, shortest: list[int]) -> None:
    behaviors = services.SYNC if server == "sync" else services.AIO
    with capture(POLICY) as seen:
        async with serving(server, {KIND: behaviors[KIND]}) as target:
            with privacylib.zone("reply"):
                for outcome in (b"ok", b"ok", b"error", b"ok", b"raise", b"abort", b"ok"):
                    refused = contextlib.nullcontext() if outcome == b"ok" else pytest.raises(grpc.RpcError)
                    with refused:
                        await ask(client, KIND, target, requests=lambda said=outcome: (said,))
    failed = [False, False, True, False, True, True, False]
    assert [bool(each.failed) for each in seen.of("CALL")] == failed
    assert [bool(each.failed) for each in seen.of("SERVE")] == failed
    assert shortest


async def test_a_zone_that_does_not_admit_the_data_of_the_request_any_more_is_asked(shortest: list[int]) -> None:
    with capture(POLICY, mode="enforce") as seen:
        async with serving("sync", working("sync", lambda _: None)) as target:
            for _ in range(3):
                with privacylib.zone("reply", labels={"CONTACT"}):
                    read("db://users")
                    await ask("sync", KIND, target)
            with privacylib.zone("reply", labels={"INTERACTION"}):
                await ask("sync", KIND, target)
    assert seen.violations == []
    assert shortest
