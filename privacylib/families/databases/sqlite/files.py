"""Files of SQLite, by what a connection is opened with."""

import os
from urllib.parse import unquote

from privacylib.naming import file_asset

__all__ = ["file_of"]


def file_of(database: str | bytes, *, uri: bool) -> str:
    """Return the absolute path of the file that a connection opens; empty for a database in memory.

    Args:
        database: As given to the driver.
        uri: Whether ``file:`` begins a URI rather than a name.
    """
    text, parameters = os.fsdecode(database), ""
    if uri and text.startswith("file:"):
        text, _, parameters = text.removeprefix("file:").partition("#")[0].partition("?")
        text = unquote(text)
        if text.startswith("//"):
            text = "/" + text[2:].partition("/")[2]
    in_memory = text in ("", ":memory:") or "mode=memory" in parameters
    return "" if in_memory else file_asset(text).name
