"""Ten thousand requests at once, each for a purpose of its own with its own data: none crosses (faults 26, 32, 57)."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import privacylib
from privacylib.testing import Capture, capture

REQUESTS = 10_000
KINDS = 50
"""Kinds of data, each for one branch of purposes."""


def named(kind: int) -> str:
    return f"{chr(97 + kind // 10)}{chr(97 + kind % 10)}"


POLICY: dict[str, Any] = {
    "labels": {named(kind).upper(): {} for kind in range(KINDS)},
    "purposes": {named(kind): {} for kind in range(KINDS)},
    "assets": [
        {"match": f"s3://{place}/{named(kind)}", "labels": [named(kind).upper()]}
        for kind in range(KINDS)
        for place in ("from", "to")
    ],
    "requirements": [
        {
            "id": f"only-{named(kind)}",
            "applies_to": [named(kind).upper()],
            "allow": {"purposes": [named(kind)]},
            "mode": "enforce",
        }
        for kind in range(KINDS)
    ],
}


def purpose_of(number: int) -> str:
    """Return a purpose that no other request has, in the branch that its data is for."""
    return f"{named(number % KINDS)}.n{number}"


def read(number: int) -> None:
    with privacylib.read(f"s3://from/{named(number % KINDS)}"):
        pass


def write(number: int) -> None:
    """Write where this request's data may go, and see that another's sink is closed to it."""
    assert privacylib.current().purpose == purpose_of(number)
    assert privacylib.current().labels == {named(number % KINDS).upper()}
    with privacylib.write(f"s3://to/{named(number % KINDS)}"):
        pass
    assert not privacylib.check("write", f"s3://to/{named((number + 1) % KINDS)}").allowed


def assert_none_crossed(seen: Capture) -> None:
    """See that each write had the data and the purpose of its own request."""
    written = seen.of("WRITE")
    assert len(written) == REQUESTS
    assert len({each.key for each in written}) == REQUESTS
    assert len({each.purposes for each in written}) == REQUESTS
    for each in written:
        kind = each.asset.rpartition("/")[2]
        assert (each.sources, each.labels) == ((f"s3://from/{kind}",), {kind.upper()})
        assert each.purposes[0].startswith(f"{kind}.n")
        assert each.links == ((each.key, each.links[0][1]),)
    assert seen.violations == []


@pytest.mark.slow
def test_fault_32_ten_thousand_tasks_with_a_policy_each_never_cross() -> None:
    async def request(number: int, pool: ThreadPoolExecutor) -> None:
        with privacylib.scope("request", fresh=True), privacylib.zone(purpose_of(number)):
            await asyncio.sleep(0)
            read(number)
            await asyncio.sleep(0)
            if number % 10:
                await asyncio.create_task(later(number))
            else:
                await asyncio.get_running_loop().run_in_executor(pool, write, number)

    async def later(number: int) -> None:
        await asyncio.sleep(0)
        write(number)

    async def all_at_once() -> None:
        with ThreadPoolExecutor(4) as pool:
            await asyncio.gather(*(request(number, pool) for number in range(REQUESTS)))

    with capture(POLICY, mode="enforce") as seen:
        asyncio.run(all_at_once())
        assert_none_crossed(seen)


@pytest.mark.slow
def test_fault_26_ten_thousand_jobs_of_a_few_workers_never_cross() -> None:
    def request(number: int) -> None:
        with privacylib.zone(purpose_of(number)):
            read(number)
            inner.submit(write, number).result()

    with (
        capture(POLICY, mode="enforce") as seen,
        ThreadPoolExecutor(4) as inner,
        ThreadPoolExecutor(4) as outer,
    ):
        list(outer.map(request, range(REQUESTS)))
        assert_none_crossed(seen)


@pytest.mark.slow
def test_fault_57_ten_thousand_turns_of_one_shared_agent_never_cross() -> None:
    """Conversations take turns in random-looking order with one agent, whose tools run in tasks and generators."""

    class Agent:
        """One object for all conversations."""

        def __init__(self) -> None:
            self.turns = itertools.count()

        async def turn(self, number: int) -> None:
            async for _ in self.tool(number):
                await asyncio.sleep(0)
            write(number)

        async def tool(self, number: int) -> AsyncIterator[None]:
            for _ in range(1 + next(self.turns) % 3):
                read(number)
                yield
                await asyncio.sleep(0)

    agent = Agent()

    async def conversation(number: int) -> None:
        with privacylib.scope("conversation", fresh=True), privacylib.zone(purpose_of(number)):
            await agent.turn(number)

    async def interleaved() -> None:
        work: list[Coroutine[Any, Any, None]] = [conversation(number * 7 % REQUESTS) for number in range(REQUESTS)]
        await asyncio.gather(*work)

    with capture(POLICY, mode="enforce") as seen:
        asyncio.run(interleaved())
        assert_none_crossed(seen)
