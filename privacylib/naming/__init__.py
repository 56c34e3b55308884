"""Names of assets: reading them, making them impersonal, and matching them."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from privacylib.naming.assets import file_asset, grpc_asset, url_asset
    from privacylib.naming.fields import impersonal_field
    from privacylib.naming.globs import Glob, Globs, escaped
    from privacylib.naming.spelling import host_and_port
    from privacylib.naming.templates import NAME_LIMIT, impersonal, is_cut, templated
    from privacylib.naming.uris import asset, parse

__all__ = [
    "NAME_LIMIT",
    "Glob",
    "Globs",
    "asset",
    "escaped",
    "file_asset",
    "grpc_asset",
    "host_and_port",
    "impersonal",
    "impersonal_field",
    "is_cut",
    "parse",
    "templated",
    "url_asset",
]

_HOMES = {
    "uris": ("asset", "parse"),
    "fields": ("impersonal_field",),
    "globs": ("Glob", "Globs", "escaped"),
    "spelling": ("host_and_port",),
    "templates": ("NAME_LIMIT", "impersonal", "is_cut", "templated"),
    "assets": ("file_asset", "grpc_asset", "url_asset"),
}
"""Where each name lives: a program that names assets only in decorators does not pay for the tables of templates."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"privacylib.naming.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
