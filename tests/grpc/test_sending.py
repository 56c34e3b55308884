"""What the handler of one call writes on the open response of another."""

import asyncio
from typing import Any

import grpc.aio
import pytest

import privacylib
from privacylib.testing import capture
from tests.grpc.ends import ask, serving
from tests.grpc.test_context import ASSET, POLICY, read

ZONES: dict[str, Any] = {
    **POLICY,
    "assets": [*POLICY["assets"], {"match": ASSET["unary_unary"], "labels": ["CONTACT"]}],
    "zones": [{"match": "grpc://**", "purpose": "reply"}],
}


class Hub:
    """A stream that stays open until a call of the other kind has written on it."""

    def __init__(self) -> None:
        self.handlers = {"unary_stream": self.unary_stream, "unary_unary": self.unary_unary}
        self.opened, self.over = asyncio.Event(), asyncio.Event()
        self.stream: Any = None
        self.told = ""

    async def unary_stream(self, request: bytes, context: Any) -> None:
        await context.write(request)
        self.stream = context
        self.opened.set()
        await self.over.wait()
        await context.write(b"last")

    async def unary_unary(self, request: bytes, _: Any) -> bytes:
        await self.opened.wait()
        read("db://users")
        try:
            await self.stream.write(b"ana")
        except privacylib.PolicyDenied as denied:
            self.told = denied.decision.requirement or ""
        self.over.set()
        return request


@pytest.mark.parametrize(("mode", "went"), [("enforce", False), ("observe", True)])
async def test_what_it_must_not_have_is_refused_and_the_stream_goes_on(mode: str, went: bool) -> None:
    hub = Hub()
    with capture(ZONES, mode=mode) as seen:
        async with serving("aio", hub.handlers) as target, grpc.aio.insecure_channel(target) as bare:
            streamed, _ = await asyncio.gather(
                ask("aio", "unary_stream", target, channel=bare), ask("aio", "unary_unary", target, channel=bare)
            )
    assert streamed == ([b"a", b"ana", b"last"] if went else [b"a", b"last"])
    assert hub.told == ("" if went else "flow")
    assert ("WRITE", ASSET["unary_stream"]) in [(each.kind, each.asset) for each in seen.violations]
    (served,) = [each for each in seen.of("SERVE") if each.asset == ASSET["unary_stream"]]
    assert ("db://users" in served.sources) == went
    assert served.messages == len(streamed)


async def test_a_caller_that_judges_is_told_of_it() -> None:
    hub = Hub()

    async def listening(target: str) -> frozenset[str]:
        with privacylib.zone("reply"):
            assert await ask("aio", "unary_stream", target) == [b"a", b"ana", b"last"]
            return privacylib.current().labels

    with capture(ZONES, mode="enforce"):
        async with serving("aio", hub.handlers) as target, grpc.aio.insecure_channel(target) as bare:
            labels, _ = await asyncio.gather(listening(target), ask("aio", "unary_unary", target, channel=bare))
    assert labels == {"CONTACT"}
