"""What calls of methods of sqlite3 mean, by their arguments, and which of them SQLite refuses by itself."""

from privacylib.families.asked import Asked
from privacylib.families.databases.sqlite import places as sqlite
from privacylib.model import Operation

__all__ = ["blob", "copied", "copies", "hands_out", "opens", "replaced", "serialized", "statement", "takes"]


def statement(call: Asked) -> tuple[Operation, ...]:
    """Describe a statement on a cursor."""
    return sqlite.statement(call["self"].connection, call["sql"], call["parameters"])


def hands_out(call: Asked) -> bool:
    """Return whether a call names a database that its connection has open."""
    return sqlite.has(call["self"], call["name"] or "main")


def serialized(call: Asked) -> tuple[Operation, ...]:
    """Describe that a database is handed out whole."""
    return sqlite.serialized(call["self"], call["name"] or "main")


def takes(call: Asked) -> bool:
    """Return whether a call can exchange a database for bytes."""
    return isinstance(call["data"], (bytes, bytearray, memoryview)) and hands_out(call)


def replaced(call: Asked) -> tuple[Operation, ...]:
    """Describe that a database is exchanged for the one that bytes hold."""
    return sqlite.replaced(call["self"], call["name"] or "main")


def copies(call: Asked) -> bool:
    """Return whether a call can copy a database."""
    import sqlite3

    return isinstance(call["target"], sqlite3.Connection) and hands_out(call)


def copied(call: Asked) -> tuple[Operation, ...]:
    """Describe that a database is copied."""
    return sqlite.copied(call["self"], call["name"] or "main", call["target"])


def opens(call: Asked) -> bool:
    """Return whether a call can open a value."""
    named = isinstance(call["table"], str) and isinstance(call["column"], str)
    return named and isinstance(call["row"], int) and hands_out(call)


def blob(call: Asked) -> tuple[Operation, ...]:
    """Describe that a value is opened."""
    return sqlite.blob(call["self"], call["name"] or "main", call["table"], call["column"], only_read=call["readonly"])
