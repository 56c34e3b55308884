"""Redis: each command reads or writes keys of one database; a message is written to its channel and read from it."""

from typing import Any, cast

from privacylib.families.shapes import command
from privacylib.families.stores.keys import commands, kind, place_in_cluster, place_of, published, queue_in_cluster
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


def _of_cluster(call: Call) -> tuple[Operation, ...]:
    client, *arguments = call.args
    return commands(place_in_cluster(client), [arguments])


def _queued_in_cluster(call: Call) -> tuple[Operation, ...]:
    return commands(*queue_in_cluster(call.args[0]))


def _message(call: Call) -> tuple[Operation, ...]:
    response: Any = call["response"]
    if not isinstance(response, list):
        return ()
    place, (kind, *_, channel, _) = place_of(call["self"].connection_pool), map(_text, cast("list[Any]", response))
    return (Operation(Kind.READ, published(place, channel)),) if kind in _MESSAGES else ()


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _in(module: str) -> tuple[Patch, ...]:
    return (
        Patch(f"{module}:Redis.execute_command", _command, alike=Alike(command, kind=kind)),
        Patch(f"{module}:Pipeline.immediate_execute_command", _command),
        Patch(f"{module}:Pipeline.execute", _queued),
        Patch(f"{module}:PubSub.handle_message", _message),
    )


def _cluster(module: str, since: str) -> tuple[Patch, ...]:
    return (
        Patch(f"{module}:RedisCluster.execute_command", _of_cluster),
        Patch(f"{module}:ClusterPipeline.execute", _queued_in_cluster),
        Patch(f"{module}:TransactionStrategy._immediate_execute_command", _of_cluster, versions=(since, "")),
    )


INTEGRATION = Integration(
    "redis",
    (
        *_in("redis.client"), *_cluster("redis.cluster", since="6.1"),
        *_in("redis.asyncio.client"), *_cluster("redis.asyncio.cluster", since="6.2"),
        # whose tasks are explained here, as commands that are described alike explain none
        *(Patch(f"redis.asyncio.connection:{kind}Connection._connect") for kind in ("", "UnixDomainSocket")),
    ),
    distribution="redis",
    versions=("5.0", "9.0"),
    connects=("redis",),
)  # fmt: skip
