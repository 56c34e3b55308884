"""Redis: each command reads or writes keys of one database; a message is written to its channel and read from it."""

from typing import Any, cast

from privacylib.families.keys import commands, place_of, published, shape
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation

__all__ = ["INTEGRATION"]

_MESSAGES = ("message", "pmessage", "smessage")


def _command(call: Call) -> tuple[Operation, ...]:
    client, *arguments = call.args
    return commands(place_of(client.connection_pool), [arguments])


def _queued(call: Call) -> tuple[Operation, ...]:
    """Describe all commands of a pipeline or transaction, which go out together."""
    pipeline = call.args[0]
    return commands(place_of(pipeline.connection_pool), [arguments for arguments, _ in pipeline.command_stack])


def _message(call: Call) -> tuple[Operation, ...]:
    response: Any = call["response"]
    if not isinstance(response, list):
        return ()
    kind, *_, channel, _ = map(_text, cast("list[Any]", response))
    return (
        (Operation(Kind.READ, published(place_of(call["self"].connection_pool), channel)),) if kind in _MESSAGES else ()
    )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _in(module: str, *, again: bool) -> tuple[Patch, ...]:
    return (
        Patch(f"{module}:Redis.execute_command", _command, alike=Alike(shape) if again else None),
        Patch(f"{module}:Pipeline.immediate_execute_command", _command),
        Patch(f"{module}:Pipeline.execute", _queued),
        Patch(f"{module}:PubSub.handle_message", _message),
    )


INTEGRATION = Integration(
    "redis",
    (*_in("redis.client", again=True), *_in("redis.asyncio.client", again=False)),
    distribution="redis",
    versions=("5.0", "9.0"),
    connects=("redis",),
)
