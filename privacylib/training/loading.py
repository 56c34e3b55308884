"""Loading: a checkpoint brings its labels along wherever it is used, and is what the manifest says when it is used."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from attrs import evolve, field, fields, frozen

from privacylib.context import PROCESS, Frame, SourceSet, frame_now
from privacylib.decorators.sites import called_from
from privacylib.labels import applies, join
from privacylib.model import Evidence, Kind, Operation, Source
from privacylib.naming import asset as named
from privacylib.runtime import (
    Handle,
    Site,
    explained,
    faults,
    flow_of,
    into_open_writes,
    record,
    refuse,
    remember,
    site_now,
    terms_of,
)  # fmt: skip
from privacylib.training import manifest as manifests
from privacylib.training.manifest import Manifest

__all__ = ["Loaded", "load"]

CHANGED, UNNAMED = "checkpoint-changed", "unknown-label"


@frozen
class Loaded(Manifest):
    """Say what a checkpoint that was loaded carries, and hold its content to that.

    As a block of code, for ``with`` and ``async with``, it looks at the end whether the file is still the one
    that was looked at in the beginning. Where it is not, the model counts as one of which nothing is known.

    Args:
        file: The checkpoint's file or directory.
    """

    file: Path = field(kw_only=True)
    _operation: Operation | None = field(kw_only=True, eq=False, repr=False, alias="operation")

    def content(self) -> bytes:
        """Return what the file holds: what the manifest is of, or what nothing is known of.

        Raises:
            OSError: It cannot be read, or is a directory.
            PolicyDenied: It is another by now, and an enforced rule does not permit the zone around to read that.
        """
        held = self.file.read_bytes()
        self._hold_to(manifests.digest_of_bytes(held))
        return held

    def __enter__(self) -> "Loaded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._hold_to(manifests.digest_of(self.file))

    async def __aenter__(self) -> "Loaded":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _hold_to(self, digest: str | None) -> None:
        """Let the process hold unknown data where a checkpoint that could be believed is another by now."""
        if self._operation is None or self.unknown is not None or digest == self.digest:
            return
        site = site_now(self._operation)
        if site is not None:
            _take_in(site, frame_now(), Manifest(self.checkpoint, None, (), (), (), unknown=CHANGED))


def load(asset: str, file: str | os.PathLike[str]) -> Loaded:
    """Load what a checkpoint carries, before its content is read. It stays with the process from then on.

    The load is decided as a read of the labels in the manifest. What this process writes later depends on the
    model, whoever asked; a refusal names the way from the model's first sources.

    Read the content in a ``with`` block around the loader, or take it from `Loaded.content`: a file that was put in the
    place of another after this call is noticed then.

    Args:
        asset: URI of the model.
        file: The checkpoint's file or directory; the manifest lies beside it, or beside what it is a link to.

    Returns:
        The manifest. Where it cannot be believed (it is missing, forged, of an unknown key, or the file is another),
        or tells a label that the policy here does not name, `Manifest.unknown` says why, and the model counts as
        carrying every label that has a requirement.

    Raises:
        AssetNameError: The URI names no asset.
        PolicyDenied: An enforced rule does not permit the zone around it to read that.
    """
    place, path = named(asset), Path(file)
    site = site_now(Operation(Kind.READ, place, site=called_from(1)))
    if site is None:
        return _loaded(Manifest(place.uri, None, (), (), (), unknown="not-initialised"), path, None)
    found = manifests.read(path, place.uri, site.snapshot.keys)
    if isinstance(found, str):
        found = Manifest(place.uri, None, (), (), (), unknown=found)
    elif not _named(found.labels, site.snapshot.engine.policy.labels):
        found = evolve(found, unknown=found.unknown or UNNAMED)
    _take_in(site, frame_now(), found)
    return _loaded(found, path, site.operation)


def _named(held: Iterable[str], labels: Iterable[str]) -> bool:
    """Return whether a policy speaks of all labels that are held: of no other could a rule."""
    known = tuple(labels)
    return all(any(applies(label, each) for label in known) for each in held)


def _loaded(found: Manifest, file: Path, operation: Operation | None) -> Loaded:
    told: dict[str, Any] = {one.name: getattr(found, one.name) for one in fields(Manifest)}
    return Loaded(**told, file=file, operation=operation)


@faults.deciding
def _take_in(site: Site, frame: Frame, found: Manifest) -> None:
    """Let the process hold a model, when the zone around the load may read it."""
    asset, engine = site.operation.asset, site.snapshot.engine
    labels = join(frozenset(found.labels), *(source.labels for source in site.sources))
    source = Source(asset, None, labels, found.unknown, Evidence.TRACKED)
    remember(asset.uri, found.ways)
    decision = explained(engine.read(asset, labels, frame.zone, found.unknown), SourceSet.of((source,)))
    terms = terms_of(site.operation, engine, frame.zone)
    known = site.define(flow_of(site.operation, terms, frame.zone, decision, labels, found.unknown))
    handle = Handle(site, frame)
    if known.denied:
        refuse(handle, known)
    into_open_writes(frame, (source,))
    PROCESS.frame.scope.reads.add(source, (frame.scope.key, handle.span))
    record(handle, 0, known)
