"""Assets: named places where data lives or is served."""

from attrs import field, frozen

__all__ = ["REQUEST", "RESPONSE", "Asset"]

REQUEST = "request"
RESPONSE = "response"


@frozen(cache_hash=True)
class Asset:
    """Name a place by OpenLineage's two parts.

    Args:
        namespace: The system (``postgres://db:5432``, or a bare scheme such as ``file``).
        name: The place inside it (``app.public.users``, ``/data/x.parquet``).
    """

    namespace: str
    name: str
    uri: str = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        joint = "/" if "://" in self.namespace else "://"
        object.__setattr__(self, "uri", f"{self.namespace}{joint}{self.name}")

    def __str__(self) -> str:
        return self.uri

    def at(self, field_name: str | None) -> str:
        """Return the URI of one of its fields, or of the asset where none is named."""
        return f"{self.uri}#{field_name}" if field_name else self.uri
