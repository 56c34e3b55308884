"""The text form of an asset.

``namespace/name`` where the namespace has a host, else ``scheme://name``; a field stands behind
``#``. Source: the OpenLineage naming specification, spec/Naming.md, whose URI is the same joint
of namespace and name.
"""

import posixpath
import re

from privacylib.errors import AssetNameError
from privacylib.model import Asset

__all__ = ["absolute", "asset", "parse", "without_credentials"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DETOUR = re.compile(r"/\.{0,2}/|/\.{1,2}$")
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")
"""Azure's storage schemes, where what stands before ``@`` is a container and no credential."""


def parse(uri: str) -> tuple[Asset, str | None]:
    """Read the URI of an asset or of one of its fields. Credentials before the host are dropped.

    Args:
        uri: For example ``postgres://db:5432/app.public.users#email``.

    Returns:
        The asset, and the field's name or None.

    Raises:
        AssetNameError: The text names no asset. The message does not repeat it.
    """
    if not isinstance(uri, str):  # pyright: ignore[reportUnnecessaryIsInstance] - hosts pass anything
        raise AssetNameError(f"an asset's name is text, and not a {type(uri).__name__}; write 'file:///data/x.parquet'")
    place, mark, field = uri.partition("#")
    scheme, joint, rest = place.partition("://")
    _check(uri, scheme, joint, rest)
    if mark and not field:
        raise AssetNameError("an asset's name ends in '#'; write the field's name behind it, or leave '#' out")
    host, slash, name = rest.partition("/")
    host = without_credentials(scheme, host)
    if not host:
        return Asset(scheme, absolute(f"/{name}") if scheme == "file" else f"/{name}"), field or None
    if not slash:
        return Asset(scheme, host), field or None
    return Asset(f"{scheme}://{host}", name), field or None


def asset(uri: str) -> Asset:
    """Read the URI of an asset; a field behind it is ignored.

    Raises:
        AssetNameError: The text names no asset.
    """
    return parse(uri)[0]


def absolute(path: str) -> str:
    """Return an absolute path without ``.``, ``..`` and doubled slashes: another way to the same file."""
    return "/" + posixpath.normpath(path).lstrip("/") if _DETOUR.search(path) else path


def without_credentials(scheme: str, host: str) -> str:
    """Return `host` without the user and password before it."""
    return host if scheme in _CONTAINERS else host.rpartition("@")[2]


def _check(uri: str, scheme: str, joint: str, rest: str) -> None:
    if not uri:
        raise AssetNameError("an asset's name is empty; write for example 's3://bucket/key'")
    if _UNPRINTABLE.search(uri):
        raise AssetNameError("an asset's name has a control character or half a character; percent-encode it")
    if not joint:
        raise AssetNameError("an asset's name has no '://'; write for example 'file:///data/x.parquet'")
    if not _SCHEME.fullmatch(scheme):
        raise AssetNameError("what stands before '://' is no scheme: a letter, then letters, digits or + . - _")
    if not without_credentials(scheme, rest.partition("/")[0]) and "/" not in rest:
        raise AssetNameError("an asset's name ends after '://'; write the place behind it")
