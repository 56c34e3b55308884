"""Assets from what libraries hold: paths, URLs, gRPC methods."""

import os
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urlsplit

from privacylib.errors import AssetNameError
from privacylib.model import Asset
from privacylib.naming.templates import impersonal
from privacylib.naming.uris import absolute, asset

__all__ = ["file_asset", "grpc_asset", "url_asset"]

_RESERVED = re.compile(r"[\x00-\x1f\x7f#]|[\ud800-\udfff]+")


def file_asset(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> Asset:
    """Name a file or directory by its absolute path; links are not followed.

    Args:
        path: Absolute, or relative to the working directory.

    Returns:
        For example ``file:///data/x.parquet``. ``#`` and control characters are percent-encoded.
    """
    whole = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - resolve() would follow links
    return Asset("file", _encoded(absolute(whole)))  # two slashes in front, which abspath() leaves there, are one


@lru_cache(maxsize=4096)
def url_asset(url: str) -> Asset:
    """Name what an absolute URL addresses, without user, query and fragment.

    Args:
        url: For example ``https://user:pw@host:8443/users/7?page=2``.

    Returns:
        Here ``https://host:8443/users/{id}``. The scheme's own port is left out, and dot segments are carried
        out (RFC 3986, 6.2.3 and 5.2.4).

    Raises:
        AssetNameError: The URL has no host or no valid port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AssetNameError("a URL's host or port is not valid") from None
    if not parts.scheme or not parts.hostname:
        raise AssetNameError("a URL has no scheme or no host; write for example 'http://host/path'")
    joint = "" if port is None else f":{port}"
    return impersonal(Asset(f"{parts.scheme}://{_host(parts)}{joint}", _path(parts.path)))


def grpc_asset(method: str | bytes) -> Asset:
    """Name a gRPC method by its full name, ``/shop.Reviews/Get`` as ``grpc://shop.Reviews/Get``.

    Raises:
        AssetNameError: The text is no full method name.
    """
    text = method.decode("utf-8", "replace") if isinstance(method, bytes) else method
    service, slash, name = text.removeprefix("/").rpartition("/")
    if not (service and slash and name):
        raise AssetNameError("a gRPC method has no service or no name; write '/package.Service/Method'")
    return asset(f"grpc://{_encoded(service)}/{_encoded(name)}")


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _path(path: str) -> str:
    """Decode the segments of a path but for the characters that would change its structure."""
    segments = path.removeprefix("/").split("/")
    decoded = (_encoded(unquote(segment, errors="surrogateescape")) for segment in segments)
    return "/".join(segment.replace("/", "%2F").replace("?", "%3F") for segment in decoded)


def _encoded(text: str) -> str:
    return _RESERVED.sub(lambda found: quote(found[0], safe="", errors="surrogateescape"), text)
