"""What functions of a family that describe calls see of a call."""

from typing import Any, Protocol

__all__ = ["Asked"]


class Asked(Protocol):
    """A call, which gives its arguments by name."""

    def __getitem__(self, name: str) -> Any:
        """Return an argument; None where it was not given."""
        ...
