"""Stores that hold values by key, on a server or in a file: names of their keys, and what commands do with them."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from privacylib.families.stores.rediscommands import CHANNEL, EVERYTHING, READS, WRITES, keys
from privacylib.memo import Memo
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import host_and_port, impersonal

__all__ = ["commands", "kind", "place_in_cluster", "place_of", "published", "queue_in_cluster"]

PLACE = "_privacylib_place"
"""Attribute of a connection pool: where its connections lead."""
_ANY = "{…}"
_NAMES = (str, bytes, bytearray, memoryview)
"""What clients take for the name of a command."""
MOST = 64
"""Keys of one call that are named each; more are named together."""

_templates: Memo[tuple[str, Any], str] = Memo(1 << 17)
"""Templates of keys, by the place and the key: some sixteen thousand of them."""

_SINGLE = {
    "DECR", "GET", "HGET", "HGETALL", "HMGET", "HSET", "INCR", "LPOP", "LPUSH", "LRANGE", "RPOP", "RPUSH", "SADD",
    "SET", "SETEX", "SISMEMBER", "SMEMBERS", "ZADD",
}  # fmt: skip
"""Commands that are described by their name and first key; the commonest of them."""


def place_of(pool: Any) -> str:
    """Return the namespace and database that a pool's connections lead to, as ``redis://host:port`` ``/db``.

    Args:
        pool: A ``ConnectionPool`` of redis-py, sync or async.
    """
    known = getattr(pool, PLACE, None)
    if known is None:
        told = pool.connection_kwargs
        host = getattr(pool, "service_name", None) or told.get("host", "localhost")
        joint = f"unix://{told['path']}" if "path" in told else f"redis://{host}:{told.get('port', 6379)}"
        known = f"{joint} {told.get('db') or 0}"
        setattr(pool, PLACE, known)
    return known


def place_in_cluster(client: Any) -> str:
    """Return the namespace of a cluster: the first by name of the nodes that a client knows; it has one database.

    Args:
        client: A ``RedisCluster`` of redis-py, sync or async, or its pipeline, or what carries that one out.
    """
    known = getattr(client, "_pipe", client)
    known = getattr(known, "cluster_client", known)
    return f"redis://{min(map(host_and_port, known.nodes_manager.startup_nodes))} 0"


def queue_in_cluster(pipeline: Any) -> tuple[str, list[Sequence[Any]]]:
    """Return the namespace of a cluster's pipeline, and the commands that it holds, whichever version keeps them."""
    told: dict[str, Any] = {**vars(pipeline), **vars(getattr(pipeline, "_execution_strategy", pipeline))}
    queue: Any = told.get("_command_queue") or told.get("command_stack") or told.get("_command_stack") or ()
    return place_in_cluster(pipeline), [each.args for each in queue]


def kind(shape: tuple[str, str, Any]) -> Hashable | None:
    """Return what commands have in common that are described by their name and first key: the key's template.

    Args:
        shape: As `privacylib.families.shapes.command` returns it.
    """
    place, name, key = shape
    return (place, name, _template(place, key)) if name in _SINGLE else None


def commands(place: str, given: Iterable[Sequence[Any]]) -> tuple[Operation, ...]:
    """Describe commands that go to a server together; the reads first.

    Args:
        place: As `place_of` returns it.
        given: Each command's name and arguments.
    """
    found: dict[Operation, None] = {}
    for arguments in given:
        if not arguments or not isinstance(arguments[0], _NAMES):
            continue  # no client sends it
        found.update(dict.fromkeys(_command(place, arguments)))
    return tuple(sorted(found, key=lambda one: one.kind))


def published(place: str, channel: Any) -> Asset:
    """Name a channel of a server: one for all of its databases."""
    return Asset(place.partition(" ")[0], f"channel/{_template(place, channel)}")


def _command(place: str, arguments: Sequence[Any]) -> Iterable[Operation]:
    pairs = keys(arguments)
    if pairs is None:
        return [Operation(Kind.OPAQUE, _asset(place, _ANY))]
    ways: dict[str, dict[Asset, None]] = {READS: {}, WRITES: {}, CHANNEL: {}}
    for way, key in pairs:
        asset = published(place, key) if way == CHANNEL else _asset(place, _template(place, key))
        ways[way][asset] = None
    reads, writes = (_bounded(place, ways[way]) for way in (READS, WRITES))
    inside = reads if reads and writes and not set(reads) >= set(writes) else None
    told = [Operation(Kind.WRITE, asset, derived_from=inside, parsed=inside is not None) for asset in writes]
    return [
        *(Operation(Kind.READ, asset) for asset in reads), *told, *(Operation(Kind.WRITE, one) for one in ways[CHANNEL])
    ]  # fmt: skip


def _bounded(place: str, assets: Iterable[Asset]) -> tuple[Asset, ...]:
    known = tuple(assets)
    return known if len(known) <= MOST else (_asset(place, _ANY),)


def _asset(place: str, template: str) -> Asset:
    namespace, _, database = place.partition(" ")
    return Asset(namespace, f"{database}/{template}")


def _template(place: str, key: Any) -> str:
    """Return the template of a key; bytes that are no text have none but ``{…}``."""
    question = (place, key)
    try:
        return _templates.get(question) or _templates.keep(question, _worked_out(key))
    except TypeError:  # a buffer that cannot be kept by its value
        return _worked_out(bytes(key))


def _worked_out(key: Any) -> str:
    if key == EVERYTHING:
        return _ANY
    try:
        text = key.decode() if isinstance(key, bytes) else str(key)
    except UnicodeDecodeError:
        return _ANY
    return impersonal(Asset("key", text.replace("*", _ANY))).name
