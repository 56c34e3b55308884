"""Document databases: names of their collections, and what calls and pipelines do with them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from privacylib.model import Asset, Kind, Operation
from privacylib.naming import impersonal

__all__ = ["aggregated", "among", "collection", "commanded", "done"]

_READS = {"count", "distinct", "find", "geoSearch"}
_WRITES = {"create", "delete", "drop", "insert", "update"}
_BOTH = {"findAndModify", "findandmodify"}
_NEITHER = {
    "collMod", "collStats", "compact", "createIndexes", "dropIndexes", "listIndexes", "planCacheClear", "reIndex",
    "validate",
}  # fmt: skip
"""Commands on a collection that carry none of its data."""

_JOINS = {"$lookup": "from", "$graphLookup": "from", "$unionWith": "coll"}
"""Stages that read another collection, and the member that names it."""
_SINKS = {"$out": "coll", "$merge": "into"}
"""The last stage of a pipeline that writes, and the member that names the collection."""
_WAYS_OUT = ("replace", "merge", "reduce")
"""Members by which ``mapReduce`` names where its result goes."""
_NOTHING: Mapping[str, Any] = {}


def collection(of: Any, name: str | None = None, database: str | None = None) -> Asset:
    """Name a collection by the server that its client was given first, by name.

    Args:
        of: A ``Collection`` or ``Database`` of PyMongo, sync or async.
        name: Its name, where that is another one of the same database.
        database: The name of its database, where that is another one of the same server.

    Returns:
        For example ``mongodb://db:27017/shop.users``.
    """
    owner = of.database if _is_collection(of) else of
    return _named(*_server(owner.client), database or owner.name, name or of.name)


def among(client: Any, namespaces: Iterable[str]) -> tuple[Operation, ...]:
    """Describe writes to collections that are named with their database (``shop.users``)."""
    parts = (each.partition(".") for each in namespaces)
    assets = dict.fromkeys(_named(*_server(client), database, name) for database, _, name in parts)
    return done(Kind.WRITE, *assets)


def done(kind: Kind, *assets: Asset) -> tuple[Operation, ...]:
    """Describe one operation on each asset."""
    return tuple(Operation(kind, asset) for asset in assets)


def aggregated(of: Any, pipeline: Any) -> tuple[Operation, ...]:
    """Describe a pipeline: what it reads, itself and by its stages, and what its last stage writes.

    Args:
        of: The ``Collection`` that it begins with, or the ``Database``.
        pipeline: Its stages.
    """
    stages = cast("list[Any]", pipeline) if isinstance(pipeline, list | tuple) else [pipeline]
    begins = (collection(of),) if _is_collection(of) else ()
    sources = tuple(dict.fromkeys((*begins, *_joined(of, stages))))
    sinks = [_told(of, stage[name], member) for stage in stages for name, member in _SINKS.items() if name in stage]
    writes = (Operation(Kind.WRITE, sink, derived_from=sources, parsed=True) for sink in sinks if sink is not None)
    return (*done(Kind.READ, *sources), *writes)


def commanded(of: Any, command: Any, value: Any, more: Mapping[str, Any] = _NOTHING) -> tuple[Operation, ...]:
    """Describe a command that is sent to a database by its name; one that is not known is opaque.

    Args:
        of: The ``Database``.
        command: Its name, or a document whose first member is the command.
        value: What it is on, where only its name is given.
        more: Further members, as they were given by name.
    """
    told = {**(_document(command) or {command: value}), **more}
    name, on = next(iter(told.items()), ("", None))
    if name == "explain":
        return commanded(of, on, None)
    if name == "bulkWrite":
        return among(of.client, [each["ns"] for each in told.get("nsInfo", ())])
    if name == "getMore":
        return done(Kind.READ, collection(of, told["collection"]))
    if not isinstance(on, str) or name in _NEITHER:
        return aggregated(of, told.get("pipeline", ())) if name == "aggregate" else ()
    return _on_collection(of, name, on, told)


def _on_collection(of: Any, name: str, on: str, told: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Describe a command on one collection; some name another one that it becomes, or goes into."""
    if name == "renameCollection":
        before, after = _full(of, on), _full(of, told["to"])
        return (*done(Kind.READ, before), Operation(Kind.WRITE, after, derived_from=(before,), parsed=True))
    asset = collection(of, on)
    if name == "aggregate":
        return (*done(Kind.READ, asset), *aggregated(of, told.get("pipeline", ())))
    if name in _BOTH:
        return (*done(Kind.READ, asset), *done(Kind.WRITE, asset))
    kind = Kind.READ if name in _READS else Kind.WRITE if name in _WRITES else Kind.OPAQUE
    return (*done(kind, asset), *done(Kind.WRITE, *_elsewhere(of, told)))


def _elsewhere(of: Any, told: Mapping[str, Any]) -> Iterator[Asset]:
    """Yield the collections that a command writes beside the one that it is on."""
    for member in ("out", "toCollection"):
        given = told.get(member)
        inner = _document(given)
        name = given if isinstance(given, str) else next((inner[way] for way in _WAYS_OUT if way in inner), None)
        if name is not None:
            yield collection(of, name, inner.get("db"))


def _full(of: Any, name: str) -> Asset:
    """Return the collection that is named with its database."""
    database, _, rest = name.partition(".")
    return collection(of, rest, database)


def _joined(of: Any, stages: Iterable[Any]) -> Iterator[Asset]:
    """Yield the other collections that stages read, and those beneath them."""
    for stage in stages:
        for name, given in _document(stage).items():
            if name in _JOINS:
                asset = _told(of, given, _JOINS[name])
                if asset is not None:
                    yield asset
            inner = _document(given)
            for pipeline in (inner.get("pipeline", ()), *(inner.values() if name == "$facet" else ())):
                yield from _joined(of, pipeline)


def _told(of: Any, given: Any, member: str) -> Asset | None:
    """Return the collection that a stage names: by its name, or with its database."""
    around = _document(given)
    place: Any = around.get(member, given)
    if isinstance(place, str):
        return collection(of, place, around.get("db"))
    inner = _document(place)
    return collection(of, inner["coll"], inner.get("db")) if "coll" in inner else None


def _document(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _is_collection(of: Any) -> bool:
    """Return whether it is a collection, and no database: to ask a database for an attribute makes a collection."""
    return hasattr(of.__class__, "database")


def _server(client: Any) -> tuple[str, int | None]:
    """Return the first by name of the servers that a client was given; later it may know others."""
    settings = getattr(client, "_topology_settings", None)
    seeds = settings.seeds if settings is not None else client.topology_description.server_descriptions()
    return min(seeds, key=str)


@lru_cache(maxsize=4096)
def _named(host: str, port: int | None, database: str, name: str) -> Asset:
    joint = f"unix://{host}" if port is None else f"mongodb://{host}:{port}"
    return impersonal(Asset(joint, f"{database}.{name}"))
