"""What is common to everything that logs: a line goes to the asset of its logger, and to where handlers write it.

Handlers are told apart by their looks; what sends by a library that is seen itself (HTTP, mail) is left to it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from privacylib.context import frame_here
from privacylib.families.files.paths import is_data
from privacylib.families.files.standard import written_by
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import asset, file_asset
from privacylib.runtime import ACTIVE, site_of
from privacylib.runtime.hot import Body

__all__ = ["ANY_LEVEL", "STREAM", "Destination", "destinations", "is_told", "placed", "taken", "written"]

ANY_LEVEL = sys.maxsize
"""Of a line whose level nobody looks at any more."""

Destination = tuple[str, str]
"""Namespace and name of the asset that a handler writes; empty where it has none but the logger's."""

STREAM: Destination = ("", "")
"""Standard output or error, or what nobody knows of."""

_OWN = "privacylib"


def written(logger: str, places: Iterable[Destination]) -> tuple[Operation, ...]:
    """Describe one line that is logged.

    Args:
        logger: Name of its logger.
        places: What `destinations` gave; none for a line that nobody takes.

    Returns:
        Writes of the logger's asset, of the places, and of what the policy says that the logger's asset feeds.
    """
    snapshot, unique = ACTIVE.snapshot, dict.fromkeys(places)
    if snapshot is None or not unique or _is_own(logger):
        return ()
    return _operations(snapshot.service, logger, tuple(unique), _feeds(snapshot, logger))


def placed(logger: str, places: Iterable[Destination]) -> tuple[Operation, ...]:
    """Describe the writes of a line whose logger wrote it before, when it came out of a queue."""
    if ACTIVE.snapshot is None or _is_own(logger):
        return ()
    return tuple(_line(place) for place in dict.fromkeys(places) if place != STREAM)


def is_told(line: Operation) -> bool:
    """Return whether whoever hands a line on, and is at it still, has written its place already."""
    snapshot, frame = ACTIVE.snapshot, frame_here()
    body = None if frame is None else frame.inside()
    if snapshot is None or body is None:
        return False
    site = site_of(line, snapshot)
    while body is not None:
        if isinstance(body, Body) and not body.ended:
            handle = body.handle
            if (body.site if handle is None else handle.site) is site:
                return True
        body = body.within
    return False


def taken(logger: str, places: Iterable[Destination]) -> tuple[Any, ...]:
    """Return what lines that are described alike have in common."""
    snapshot = ACTIVE.snapshot
    if snapshot is None or _is_own(logger):
        return ()
    return snapshot.service, logger, tuple(places), _feeds(snapshot, logger)


def _is_own(logger: str) -> bool:
    return logger.startswith(_OWN) and logger[len(_OWN) :][:1] in ("", ".")


def _feeds(snapshot: Any, logger: str) -> tuple[str, ...]:
    found: tuple[str, ...] = snapshot.engine.annotation(_asset(snapshot.service, logger).uri).feeds
    return found


@lru_cache(maxsize=4096)
def _line(place: Destination) -> Operation:
    return Operation(Kind.WRITE, Asset(*place))


@lru_cache(maxsize=4096)
def _asset(service: str, logger: str) -> Asset:
    return Asset(f"logging://{service}", logger)


@lru_cache(maxsize=4096)
def _operations(
    service: str, logger: str, places: tuple[Destination, ...], feeds: tuple[str, ...]
) -> tuple[Operation, ...]:
    log = _asset(service, logger)
    sinks = [log, *(Asset(*place) for place in places if place != STREAM)]
    fed = (Operation(Kind.WRITE, asset(uri), derived_from=(log,), parsed=True) for uri in feeds)
    return (*(Operation(Kind.WRITE, sink) for sink in sinks), *fed)


def destinations(handlers: Iterable[Any], level: int) -> Iterator[Destination]:
    """Yield where handlers write a line, each as often as it is written.

    Args:
        handlers: Handlers of the standard library, or derived from those.
        level: The level of the line; handlers above it take none.
    """
    for handler in handlers:
        if level < handler.level:
            continue
        place = _place_of(handler.__class__)
        if place is not None:
            yield from place(handler, level)


Place = Callable[[Any, int], Iterable[Destination]]


def _file(handler: Any, _: int) -> Iterable[Destination]:
    path: str = handler.baseFilename
    return _written_at(path) if path.startswith("/") else _written_at.__wrapped__(path)  # from where the program is now


@lru_cache(maxsize=1024)
def _written_at(path: str) -> tuple[Destination]:
    found = file_asset(path)
    return ((found.namespace, found.name) if is_data(found.name, writes=True) else STREAM,)


def _target(handler: Any, _: int) -> Iterable[Destination]:
    """A handler that keeps lines for another writes them when it is full, in whatever scope: they count now."""
    return (STREAM,) if handler.target is None else destinations((handler.target,), ANY_LEVEL)


def _syslog(handler: Any, _: int) -> Iterable[Destination]:
    address = handler.address
    return (("unix", address) if isinstance(address, str) else (f"syslog://{address[0]}:{address[1]}", "log"),)


def _socket(scheme: str) -> Place:
    def place(handler: Any, _: int) -> Iterable[Destination]:
        if handler.port is None:
            return (("unix", handler.host),)
        return ((f"{scheme}://{handler.host}:{handler.port}", "log"),)

    return place


def _open_file(handler: Any, _: int) -> Iterable[Destination]:
    """A handler may write a file that somebody else has opened, and that nobody closes before the program's end."""
    try:
        found = written_by(handler.stream.fileno())
    except (AttributeError, OSError, ValueError):  # it is closed, or no file at all
        found = ()
    return [(each.asset.namespace, each.asset.name) for each in found] or (STREAM,)


def _stream(handler: Any, level: int) -> Iterable[Destination]:
    del handler, level
    return (STREAM,)


_PLACES: dict[str, Place | None] = {
    "logging.FileHandler": _file,
    "logging.NullHandler": None,
    "logging.StreamHandler": _open_file,
    "logging.handlers.MemoryHandler": _target,
    "logging.handlers.SysLogHandler": _syslog,
    "logging.handlers.DatagramHandler": _socket("udp"),
    "logging.handlers.SocketHandler": _socket("tcp"),
    "logging.Handler": _stream,
}


@lru_cache(maxsize=1024)
def _place_of(kind: type) -> Place | None:
    names = (f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)
    return next((_PLACES[name] for name in names if name in _PLACES), _stream)
