"""Responses that had to be recorded and could not be: they are withheld, in the shortest way and in the long one."""

from typing import Any

import grpc
import grpc.aio
import pytest
from attrs import evolve

from privacylib.recorder import MemoryStore, Recorder
from privacylib.runtime import ACTIVE
from privacylib.testing import capture
from tests.grpc import services
from tests.grpc.ends import STYLES, ask, serving, working
from tests.grpc.test_context import POLICY, read, with_policy

TIMES = 3


class Refusing(Recorder):
    """Refuse records as long as it is told to."""

    __slots__ = ("refuses",)

    def __init__(self) -> None:
        super().__init__(MemoryStore(), "test")
        self.refuses = False

    def append(self, *args: Any, **kwargs: Any) -> bool:
        return False if self.refuses else super().append(*args, **kwargs)


def start() -> Refusing:
    """Put a recorder that can refuse under the policy in force."""
    recorder = Refusing()
    assert ACTIVE.snapshot is not None
    ACTIVE.snapshot = evolve(ACTIVE.snapshot, recorder=recorder)
    return recorder


def policy(lineage: str) -> dict[str, Any]:
    """Return a policy that demands records of what the service answers, or does not."""
    contact, interaction = POLICY["requirements"]
    return with_policy(
        assets=[*POLICY["assets"], {"match": "grpc://**", "labels": ["INTERACTION"]}],
        zones=[{"match": "grpc://**", "purpose": "reply"}],
        requirements=[contact, {**interaction, "lineage": lineage}],
    )


@pytest.mark.parametrize("lineage", ["mandatory", "best-effort"])
@pytest.mark.parametrize("kind", services.KINDS)
@pytest.mark.parametrize("server", STYLES)
async def test_mandatory_lineage_withholds_an_answer_that_is_not_recorded(server: str, kind: str, lineage: str) -> None:
    last: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            read("db://asked")
            recorder.refuses = bool(last)

    with capture(policy(lineage), mode="enforce"):
        recorder = start()
        async with serving(server, working(server, work)) as target:
            for _ in range(TIMES):  # the shortest way is known by then
                assert await ask("aio", kind, target, times=0)
            last.append(1)
            if lineage == "mandatory":
                with pytest.raises(grpc.aio.AioRpcError) as told:
                    await ask("aio", kind, target, times=0)
                assert told.value.code() is grpc.StatusCode.PERMISSION_DENIED
                assert told.value.details() == "interaction-reply"
            else:
                assert await ask("aio", kind, target, times=0)
