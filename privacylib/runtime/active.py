"""The snapshot in force, and operations that code declares once and meets under many snapshots."""

import os
from typing import TYPE_CHECKING

from attrs import evolve

from privacylib.errors import NotInitialised
from privacylib.model import Asset, Operation
from privacylib.runtime import faults
from privacylib.runtime.known import Site, site_of

if TYPE_CHECKING:
    from privacylib.config import Snapshot

__all__ = ["ACTIVE", "Declared", "absent", "site_now", "snapshot_now"]

_NOT = ("", "0", "false", "no", "off")
"""What switches `PRIVACYLIB_REQUIRED` off; whatever else an operator writes asks for protection."""


class Active:
    """Hold the snapshot in force, None before `init`, and whether the operator demands one."""

    __slots__ = ("required", "snapshot")

    def __init__(self) -> None:
        self.required = os.environ.get("PRIVACYLIB_REQUIRED", "").lower() not in _NOT
        self.snapshot: Snapshot | None = None


ACTIVE = Active()


def absent() -> None:
    """Pass straight through before `init`.

    Raises:
        NotInitialised: The operator asked for privacylib with ``PRIVACYLIB_REQUIRED=1``.
    """
    if ACTIVE.required:
        raise NotInitialised("PRIVACYLIB_REQUIRED=1, but nobody called privacylib.init(service=..., policy=...)")


def snapshot_now() -> "Snapshot | None":
    """Return the snapshot in force, or None before `init`.

    Raises:
        NotInitialised: The operator asked for privacylib with ``PRIVACYLIB_REQUIRED=1``.
    """
    snapshot = ACTIVE.snapshot
    return absent() if snapshot is None else snapshot


def site_now(operation: Operation) -> Site | None:
    """Return what is known about an operation; None before `init`, and after an error of our own.

    Raises:
        PolicyDenied: The process enforces, and what the operation touches could not be told.
    """
    snapshot = snapshot_now()
    if snapshot is None:
        return None
    try:
        return site_of(operation, snapshot)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        # The name is as the program gave it, and may hold what is personal.
        faults.while_deciding(snapshot, evolve(operation, asset=Asset(operation.asset.namespace, "{…}")), error)
        return None


class Declared:
    """An operation that a decorator or a context manager names, with its site kept at hand."""

    __slots__ = ("last", "operation")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.last: Site | None = None

    def site(self) -> Site | None:
        """Return its site under the snapshot in force, or None before `init`."""
        site = self.last
        if site is not None and site.snapshot is ACTIVE.snapshot:
            return site
        self.last = site = site_now(self.operation)
        return site
