"""I/O that no recorded operation explains, where a requirement says ``uncovered: deny``."""

from typing import TYPE_CHECKING

from attrs import evolve

from privacylib.context import frame_now
from privacylib.model import Asset, Operation
from privacylib.runtime import faults
from privacylib.runtime.hot import Handle, record, refuse
from privacylib.runtime.known import Site, site_of

if TYPE_CHECKING:
    from privacylib.config import Snapshot

__all__ = ["judge_uncovered"]


def judge_uncovered(operation: Operation, snapshot: "Snapshot") -> None:
    """Decide an operation that was met before anybody declared it; one that breaks no requirement leaves no record.

    Args:
        operation: What is about to happen, opaque.
        snapshot: What it is decided by.

    Raises:
        PolicyDenied: An enforced requirement refuses what nobody explains.
    """
    try:
        site = site_of(operation, snapshot)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        # The name is as the program gave it, and may hold what is personal.
        faults.while_deciding(snapshot, evolve(operation, asset=Asset(operation.asset.namespace, "{…}")), error)
    else:
        _judge(site)


@faults.deciding
def _judge(site: Site) -> None:
    frame = frame_now()
    sources = site.held(frame)
    known = site.unexplained(sources, frame)
    if known is None:
        return
    handle = Handle(site, frame)
    handle.sources, handle.known = sources, known
    if known.denied:
        refuse(handle, known)
    record(handle, 0, known)
