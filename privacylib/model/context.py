"""The policy context as users and carriers see it: an immutable picture of where work stands."""

from collections.abc import Iterator

from attrs import field, frozen

from privacylib.model.hashed import Hashed

__all__ = ["NO_ZONE", "UNKNOWN_PURPOSE", "PolicyContext", "Served", "Zone"]

UNKNOWN_PURPOSE = "unknown-purpose"
"""Reason of a context whose labels are known and whose purposes are not."""


@frozen(cache_hash=True)
class Served:
    """Tell the zones around work that is served, or done by a command, apart: all but those that the policy puts there.

    Args:
        uri: What is served, or the command.
        before: Purposes that came with the request, and of the zones entered around where it is served; for a command
            those that whoever started it had.
        brought: Labels that were admitted with these; None for all.
        after: Purposes of the zones that the code opened inside.
        admitted: Labels that those admit; None for all.
        around: The same of work that is served where this is, and then all that came before this stands in there; or
            of the command that serves it.
    """

    uri: str
    before: tuple[str, ...] = ()
    brought: frozenset[str] | None = None
    after: tuple[str, ...] = ()
    admitted: frozenset[str] | None = None
    around: "Served | None" = None

    @property
    def is_command(self) -> bool:
        """Return whether it is a command's, with nothing served."""
        return self.uri.startswith("command://")

    def outwards(self) -> Iterator["Served"]:
        """Yield it, and what it is served in."""
        found: Served | None = self
        while found is not None:
            yield found
            found = found.around


@frozen
class Zone(Hashed):
    """Describe the zones around work, collapsed into one.

    Args:
        purposes: Why the work is done, outermost first.
        admitted: Labels that every zone admits; None for all.
        unknown: Why nothing is known about the work, or None.
        served: What of it would be there under a policy with other zones, for work that is served.
    """

    purposes: tuple[str, ...] = ()
    admitted: frozenset[str] | None = None
    unknown: str | None = None
    served: Served | None = None

    def __attrs_post_init__(self) -> None:
        self.keep_hash((self.purposes, self.admitted, self.unknown, self.served))

    __hash__ = Hashed.__hash__


NO_ZONE = Zone()
"""What stands around work that nobody gave a purpose."""


@frozen
class PolicyContext:
    """Describe the context of work: what it holds, why it is done, and what it belongs to.

    Args:
        labels: Labels of what was read so far.
        zone: The zones around it, or None outside any.
        correlation_key: 32 hex digits that join the scopes of one work.
        reads: URIs of what was read so far.
        unknown: Why nothing is known about the data held, or None.
        pair: Span id of the call that brought this context; 0 when it was not brought.
        verified: Whether it was brought by a carrier, made for this service, and its signature held.
        tracestate: What other tracers say of the trace that the key names: passed on, and kept nowhere.
    """

    labels: frozenset[str] = frozenset()
    zone: Zone | None = None
    correlation_key: str = ""
    reads: tuple[str, ...] = ()
    unknown: str | None = None
    pair: int = 0
    verified: bool = False
    tracestate: str = field(default="", repr=False)

    @property
    def data_unknown(self) -> str | None:
        """Return why nothing is known about the data; a purpose that is not known leaves the data known."""
        return None if self.unknown == UNKNOWN_PURPOSE else self.unknown

    @property
    def purpose(self) -> str | None:
        """Return the innermost purpose, or None."""
        return self.zone.purposes[-1] if self.zone and self.zone.purposes else None
