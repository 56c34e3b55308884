"""Names of assets: reading them, making them impersonal, and matching them."""

from privacylib.naming.assets import file_asset, grpc_asset, url_asset
from privacylib.naming.globs import Glob
from privacylib.naming.templates import NAME_LIMIT, templated
from privacylib.naming.uris import asset, parse

__all__ = ["NAME_LIMIT", "Glob", "asset", "file_asset", "grpc_asset", "parse", "templated", "url_asset"]
