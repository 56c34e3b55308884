"""What everything that takes paths has in common."""

import os
import site
import sysconfig
from typing import Any, cast

from privacylib.model import Asset, Kind, Operation
from privacylib.naming import file_asset

__all__ = ["PATHS", "file_operation", "is_data", "moved", "resolved"]

PATHS = (str, bytes, os.PathLike)
"""What the standard library takes for a path, beside numbers of open files."""

_PROGRAMS = (".py", ".pyc", ".pyi", ".pyd", ".so", ".pth")
_COMPILED = ".pyc."
"""Before a number: what Python writes, and renames, to keep what it has compiled."""

_DEVICES = ("/dev/", "/proc/", "/sys/")
_MEMORY = "/dev/shm/"  # noqa: S108 - files there are data
_SYSTEM = ("/usr/share/zoneinfo/", "/usr/share/locale/", "/etc/mime.types")
"""Tables that the standard library looks up."""

_PATHS = {path for name, path in sysconfig.get_paths().items() if name != "data"}
"""Where Python and packages are installed; ``data`` is all around it, and often around programs too."""

_PACKAGES = "/site-packages/"
"""Where packages are installed, also those of another environment that the path leads to."""

_OWN = (*_SYSTEM, *(f"{path}/" for path in _PATHS.union(site.getsitepackages(), [site.getusersitepackages()])))


def resolved(given: Any) -> Any:
    """Resolve a path object once, so that what is decided is what is opened; anything else stays as it is."""
    return os.fspath(cast("os.PathLike[str]", given)) if isinstance(given, os.PathLike) else given


def is_data(path: str, *, writes: bool) -> bool:
    """Return whether a file holds data, as all do but these.

    No data are programs and devices, and, where it is only read, what belongs to Python, to an
    installed package, or to the system's tables. A program's own templates and configuration are data.

    Args:
        path: Absolute path of the file.
        writes: Whether it is written.
    """
    if path.startswith(_DEVICES):
        return path.startswith(_MEMORY)
    if path.endswith(_PROGRAMS) or path.rstrip("0123456789").endswith(_COMPILED):
        return False
    return writes or not (path.startswith(_OWN) or _PACKAGES in path)


def file_operation(given: Any, *kinds: Kind, fields: tuple[str, ...] = ()) -> tuple[Operation, ...]:
    """Describe what is done to a file or directory; nothing where it is no path, or no data (see `is_data`).

    Args:
        given: A path, or whatever else a function takes in the place of one.
        kinds: What is done.
        fields: Fields touched; none means all.
    """
    path = resolved(given)
    if not isinstance(path, (str, bytes)):
        return ()
    asset = file_asset(path)
    if not is_data(asset.name, writes=Kind.WRITE in kinds):
        return ()
    return tuple(Operation(kind, asset, fields) for kind in kinds)


def moved(source: Asset, sink: Asset) -> tuple[Operation, ...]:
    """Describe that what one asset holds becomes what another holds, with nothing of the program's own in it."""
    return (Operation(Kind.READ, source), Operation(Kind.WRITE, sink, derived_from=(source,), parsed=True))
