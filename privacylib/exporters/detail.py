"""What becomes a span: every operation, or every flow with a count."""

from enum import Enum

from privacylib.errors import PrivacyError

__all__ = ["Detail", "detail_of"]


class Detail(Enum):
    """Say what becomes a span."""

    EACH = "each"
    FLOWS = "flows"
    BOTH = "both"


def detail_of(name: str | None) -> Detail:
    """Return what the operator calls so; each operation, when he says nothing.

    Raises:
        PrivacyError: Nothing is called so.
    """
    try:
        return Detail((name or "each").lower())
    except ValueError:
        raise PrivacyError(f"PRIVACYLIB_SPANS is {name!r}; it must be each, flows or both") from None
