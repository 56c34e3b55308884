"""Errors that say that nothing was transferred: nobody was reached, or what was asked for is refused or not there."""

from typing import Any, cast

__all__ = ["nothing_came"]

_NAMES = {
    "builtins.ConnectionRefusedError",
    "builtins.FileNotFoundError",
    "socket.gaierror",
    "botocore.exceptions.ConnectTimeoutError",
    "botocore.exceptions.EndpointConnectionError",
    "botocore.exceptions.NoCredentialsError",
    "botocore.exceptions.ParamValidationError",
    "botocore.exceptions.PartialCredentialsError",
    "botocore.exceptions.ProxyConnectionError",
    "pymongo.errors.ServerSelectionTimeoutError",
}
"""Classes, by module and name."""

_STATUS = {401, 403, 404}


def nothing_came(error: BaseException) -> bool:
    """Return whether an error says so, by its class or, as those of AWS, by the status of the response it tells of."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in error.__class__.__mro__}
    return not names.isdisjoint(_NAMES) or _status(error) in _STATUS


def _status(error: Any) -> Any:
    told: Any = getattr(error, "response", None)
    for name in ("ResponseMetadata", "HTTPStatusCode"):
        told = cast("dict[str, Any]", told).get(name) if isinstance(told, dict) else None
    return told
