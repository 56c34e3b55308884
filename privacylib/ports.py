"""What the runtime asks of the rooms it does not know."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from privacylib.model import Flow

__all__ = ["Recorder"]


class Recorder(Protocol):
    """Keep flows and records."""

    def define(self, flow: "Flow") -> int:
        """Keep a flow's definition and return its number, or 0 when it could not be kept."""
        ...

    def next_span(self) -> int:
        """Return a span id that no other record has."""
        ...

    def call_span(self, flow_id: int) -> int:
        """Return a span id that no other record has, for a call of a flow."""
        ...

    def heads(self, flow_id: int) -> tuple[bytes, bytes]:
        """Return what plain records of a flow begin with: those without a link, and those with one."""
        ...

    def keep(self, head: bytes, start_ns: int, duration_us: int, span: int, tail: bytes, link: int) -> bool:
        """Record a plain operation: no marks, one link at most, and all else already in bytes."""
        ...

    def append(
        self,
        flow_id: int,
        flags: int,
        start_ns: int,
        duration_us: int,
        span: int,
        parent: int,
        key16: bytes,
        links: Sequence[int] = (),
        foreign: Sequence[tuple[bytes, int]] = (),
        messages: int = 1,
        trace16: bytes | None = None,
    ) -> bool:
        """Keep one record; return whether it was accepted."""
        ...
