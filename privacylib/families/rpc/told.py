"""Methods, and what is known about calls of them that tell the same."""

from privacylib.context.sources import SourceSet
from privacylib.model import RESPONSE, Operation, Source, Zone
from privacylib.propagation import ingress_rule
from privacylib.runtime import responded, told_now
from privacylib.runtime.active import Declared
from privacylib.runtime.hot import Handle
from privacylib.runtime.known import Known, Site

__all__ = ["Method", "Told"]

KEPT = 256
"""What is kept of one method's calls that differ in what they tell."""

_NOTHING: frozenset[str] = frozenset()


class Method(Declared):
    """A method that is called or served, with what its calls have told."""

    __slots__ = ("_known", "told")

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self.told: Told | None = None
        """What the last call told."""
        self._known: dict[object, Told] = {}

    def find(self, sources: SourceSet, zone: Zone) -> "Told | None":
        """Return what is known of calls that tell what these sources hold, in this zone."""
        told = self.told
        if told is None or told.sources is not sources or told.zone is not zone:
            told = self._known.get((sources, zone))
            if told is not None:
                self.told = told
        return told

    def keep(self, told: "Told") -> None:
        """Keep what is known; a full table is emptied and filled again on sight."""
        if len(self._known) >= KEPT:
            self._known.clear()
        self.told = self._known[told.sources, told.zone] = told


class Told:
    """Hold what is known about calls that tell the same; found again by identity."""

    __slots__ = (
        "clock", "known", "labels", "lasting", "same", "sealed", "silent", "site", "sources", "target", "zone",
    )  # fmt: skip

    def __init__(self, handle: Handle, target: str | None) -> None:
        self.site: Site = handle.site
        self.known: Known = handle.known
        self.sources: SourceSet = handle.sources
        self.zone: Zone = handle.frame.zone
        self.labels = self.sources.labels
        self.target = target
        snapshot, asset = self.site.snapshot, self.site.operation.asset
        self.clock, self.sealed = snapshot.propagator.clock, snapshot.propagator.sealed
        context = told_now(handle.frame)
        self.lasting = snapshot.propagator.lasting(asset.uri, context.labels, context.zone, context.unknown)
        self.same = self._admitted(responded(asset, self.labels, told=True))
        """What the scope holds after a response whose data are those of the request; None if that is to be asked."""
        annotated = self.site.annotated(RESPONSE)
        required = annotated is None and ingress_rule(snapshot.engine.policy.trust, target) == "require"
        self.silent = None if required else self._admitted(responded(asset, annotated or _NOTHING))
        """The same after one that brings nothing."""

    def _admitted(self, source: Source) -> Source | None:
        engine = self.site.snapshot.engine
        return source if engine.read(source.asset, source.labels, self.zone).allowed else None
