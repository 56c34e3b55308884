"""Checkpoints: what a job learnt is written with a manifest, which says what it was made of."""

import os
import sys
from collections.abc import Collection
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from privacylib.context import Frame, frame_now
from privacylib.decorators import Op
from privacylib.decorators.sites import called_from
from privacylib.labels import join
from privacylib.model import Asset, Kind, Mode, Operation, Source
from privacylib.naming import asset as named
from privacylib.runtime import faults, site_now
from privacylib.training import manifest as manifests
from privacylib.training.gating import judge
from privacylib.training.inputs import joined, reasons
from privacylib.training.lineage import Lineage, lineage
from privacylib.training.manifest import Input, Manifest

if TYPE_CHECKING:
    from privacylib.config import Snapshot

__all__ = ["Checkpoint", "checkpoint"]


class Checkpoint:
    """The write of a checkpoint as a block of code, for ``with`` and ``async with``."""

    __slots__ = ("_asset", "_code", "_file", "_inputs", "_known", "_op")

    def __init__(self, asset: Asset, file: Path, code: str, site: str) -> None:
        self._asset, self._file, self._code = asset, file, code
        self._op = Op(Operation(Kind.WRITE, asset, site=site))
        self._inputs: Collection[Source] = ()
        self._known = Lineage()
        """What the spool held when the inputs were judged: it is read once, and again only for what is read inside."""

    def __enter__(self) -> None:
        frame = frame_now()
        self._inputs = frame.scope.reads.visible().members
        self._known = lineage() if self._inputs else Lineage()
        judge((), frame, frame.zone, self._inputs, self._known)
        self._op.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        frame = frame_now()
        before, self._inputs = self._inputs, frame.scope.reads.visible().members
        self._op.__exit__(kind, error, trace)
        site = site_now(Operation(Kind.WRITE, self._asset))
        if error is None and site is not None:
            if inside := set(self._inputs).difference(before):
                self._known = lineage()
                judge((), frame, frame.zone, inside, self._known)
            self._leave_manifest(frame, site.snapshot)

    def _leave_manifest(self, frame: Frame, snapshot: "Snapshot") -> None:
        """Write the manifest. Without one the checkpoint counts as unknown, so that only enforcement stops for it."""
        try:
            made = _manifest(self._asset, self._file, self._inputs, frame, self._code, snapshot, self._known)
            manifests.write(made, self._file, snapshot.keys)
        except Exception as error:
            faults.swallowed("writing a manifest", error)
            if isinstance(error, OSError) and snapshot.mode is Mode.ENFORCE:
                place, remedy = str(manifests.manifest_path(self._file)), "let its directory be written to"
                problem = f"the manifest of {self._asset.uri} cannot be written ({error.strerror}); {remedy}"
                raise OSError(error.errno, problem, place) from error

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


def checkpoint(asset: str, file: str | os.PathLike[str], code: str | None = None) -> Checkpoint:
    """Write a checkpoint in a block, and a signed manifest beside it: ``<file>.manifest.json``.

    Everything that the job has read or declared is an input, and so is what the whole process holds, such as a model
    that was loaded before: the job could have used it. On entering, each is judged as `gate` does, before the file is
    written, and on leaving what was read inside the block; the checkpoint's own annotation is judged as that of any
    sink. The manifest names inputs, their digests and labels, purposes, the policy and the code.

    Args:
        asset: URI of the model, such as ``model://registry/ranker``.
        file: The file or directory that the block writes.
        code: Version of the code that made it, such as a commit; the digest of the calling file where left out.

    Returns:
        A context manager, sync and async.

    Raises:
        AssetNameError: The URI names no asset.
        OSError: On leaving, under enforce, where the manifest cannot be written.
        PolicyDenied: When an enforced rule refuses an input or the checkpoint; on leaving there is no manifest then.
    """
    place = sys._getframe(1).f_globals.get("__file__")  # pyright: ignore[reportPrivateUsage] - the one way to the caller
    version = code or (manifests.digest_of(Path(place)) if isinstance(place, str) else None) or "?"
    module = called_from(1)
    return Checkpoint(named(asset), Path(file), f"{module.partition(':')[0]} {version}", module)


def _manifest(
    asset: Asset,
    file: Path,
    read: Collection[Source],
    frame: Frame,
    code: str,
    snapshot: "Snapshot",
    known: Lineage,
) -> Manifest:
    from privacylib.policy.version import version

    inputs, unknown = joined(read), reasons(read) or frame.zone.unknown
    return Manifest(
        checkpoint=asset.uri,
        digest=manifests.digest_of(file),
        purposes=frame.zone.purposes,
        inputs=tuple(_input(uri, source) for uri, source in inputs.items()),
        labels=tuple(sorted(join(*(source.labels for source in read)))),
        ways=known.ways({uri: source.labels for uri, source in inputs.items()}),
        unknown=unknown,
        policy=version(snapshot.engine.policy),
        code=code,
        made=datetime.now(timezone.utc).isoformat(),
    )


def _input(uri: str, source: Source) -> Input:
    place = source.asset
    file = Path(place.name) if place.namespace == "file" and "{" not in place.name else None
    digest = manifests.digest_of(file) if file is not None and file.is_file() else None
    return Input(uri, tuple(sorted(source.labels)), digest, source.unknown)
