"""PyMongo: collections are read, written, and joined by pipelines; a cursor reads when it asks for documents."""

from collections.abc import Callable
from typing import Any

from privacylib.families.failures import nothing_came
from privacylib.families.stores.documents import aggregated, among, collection, commanded, done
from privacylib.instrumentation.facts import Outgoing
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation

__all__ = ["INTEGRATION"]

_READS = ("count_documents", "estimated_document_count", "distinct")
_WRITES = ("insert_one", "replace_one", "update_one", "update_many", "delete_one", "delete_many", "bulk_write")
_MADE_MEANWHILE = Outgoing(streams=lambda call: not isinstance(call["documents"], list | tuple))
_BOTH = ("find_one_and_delete", "find_one_and_replace", "find_one_and_update")


def _does(*kinds: Kind) -> Callable[[Call], tuple[Operation, ...]]:
    return lambda call: tuple(Operation(kind, collection(call["self"])) for kind in kinds)


def _more(call: Call) -> tuple[Operation, ...]:
    """Describe what a cursor fetches, unless it has documents or is at its end."""
    cursor: Any = call["self"]
    if cursor._data or cursor._killed or (cursor._id is not None and not cursor._id):
        return ()
    return done(Kind.READ, collection(cursor._collection))


def _pipeline(call: Call) -> tuple[Operation, ...]:
    return aggregated(call["self"], call["pipeline"])


def _renamed(call: Call) -> tuple[Operation, ...]:
    before, after = collection(call["self"]), collection(call["self"], call["new_name"])
    return (*done(Kind.READ, before), Operation(Kind.WRITE, after, derived_from=(before,), parsed=True))


def _dropped(call: Call) -> tuple[Operation, ...]:
    name: Any = call["name_or_collection"]
    return done(Kind.WRITE, collection(call["self"], name if isinstance(name, str) else name.name))


def _many(call: Call) -> tuple[Operation, ...]:
    return among(call["self"], [each._namespace for each in call["models"]])


def _command(call: Call) -> tuple[Operation, ...]:
    return commanded(call["self"], call["command"], call["value"], call.kwargs)


def _in(form: str, prefix: str = "") -> tuple[Patch, ...]:
    owner = f"pymongo.{form}.collection:{prefix}Collection"
    return (
        *(Patch(f"{owner}.{name}", _does(Kind.READ), fails=nothing_came) for name in _READS),
        *(Patch(f"{owner}.{name}", _does(Kind.WRITE)) for name in _WRITES),
        *(Patch(f"{owner}.{name}", _does(Kind.READ, Kind.WRITE), fails=nothing_came) for name in _BOTH),
        Patch(f"{owner}.insert_many", _does(Kind.WRITE), sends=_MADE_MEANWHILE),
        Patch(f"{owner}.aggregate", _pipeline, fails=nothing_came),
        Patch(f"{owner}.aggregate_raw_batches", _pipeline, fails=nothing_came),
        Patch(f"{owner}.rename", _renamed),
        Patch(f"pymongo.{form}.cursor:{prefix}Cursor._refresh", _more, fails=nothing_came),
        Patch(f"pymongo.{form}.command_cursor:{prefix}CommandCursor._refresh", _more, fails=nothing_came),
        Patch(f"pymongo.{form}.database:{prefix}Database.aggregate", _pipeline, fails=nothing_came),
        *(
            Patch(f"pymongo.{form}.database:{prefix}Database.{name}", _command)
            for name in ("command", "cursor_command")
        ),
        Patch(f"pymongo.{form}.database:{prefix}Database.drop_collection", _dropped),
        Patch(f"pymongo.{form}.mongo_client:{prefix}MongoClient.bulk_write", _many),
    )


INTEGRATION = Integration(
    "pymongo", (*_in("synchronous"), *_in("asynchronous", "Async")), distribution="pymongo", versions=("4.9", "5.0"),
    connects=("pymongo",),
)  # fmt: skip
