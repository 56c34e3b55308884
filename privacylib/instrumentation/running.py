"""One call of a patched function between its beginning and its end."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from attrs import evolve

from privacylib.config import Snapshot
from privacylib.instrumentation.lasting import lasting
from privacylib.instrumentation.table import Call, Patch
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.propagation import host_of, ingress_rule
from privacylib.runtime import Handle, Site, answer, begin, end, faults, held_now, site_of

__all__ = ["Running", "is_unseen", "unseen"]


class _Unseen(threading.local):
    here = False


_unseen = _Unseen()


@contextmanager
def unseen() -> Generator[None]:
    """Let patched functions pass straight through in this thread: for what privacylib does itself."""
    outer, _unseen.here = _unseen.here, True
    try:
        yield
    finally:
        _unseen.here = outer


def is_unseen() -> bool:
    """Return whether patched functions pass straight through in this thread now."""
    return _unseen.here


class Running:
    """The operations of one call.

    Args:
        patch: What was called.
        call: With which arguments.
        snapshot: What it is decided by.

    Raises:
        PolicyDenied: An enforced rule denies one of them; the function must not be called.
    """

    __slots__ = ("_call", "_handles", "_patch", "_snapshot")

    def __init__(self, patch: Patch, call: Call, snapshot: Snapshot) -> None:
        self._patch = patch
        self._call = call
        self._snapshot = snapshot
        self._handles: list[Handle] = []
        try:
            for operation in _described(patch, call):
                if not _is_ours(operation.asset, snapshot):
                    self._begin(site_of(operation, snapshot))
        except BaseException:
            self.end(failed=True)
            raise

    def _begin(self, site: Site) -> None:
        operation, propagator = site.operation, self._snapshot.propagator
        if operation.kind is not Kind.CALL:
            handle = begin(site, stays_open=self._patch.rebuilt is not None)
        else:
            handle = begin(site, body=True, judges=propagator.allows(operation.asset.uri))
        if handle is None:
            return
        self._handles.append(handle)
        if operation.kind is Kind.CALL and self._patch.sends is not None:
            try:
                propagator.inject(
                    self._patch.sends(self._call), held_now(handle.frame),
                    span=handle.span, pair=handle.span, endpoint=operation.asset.uri,
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                faults.swallowed("injecting", error)

    def end(self, *, failed: bool = False) -> None:
        """Record what was begun; never raises."""
        handles, self._handles = self._handles, []
        for handle in reversed(handles):
            end(handle, failed=failed)

    def returned(self, result: Any) -> Any:
        """Take in what came back, and return what the caller gets.

        Raises:
            PolicyDenied: The zone does not admit the labels that came back.
        """
        patch, call = self._patch, evolve(self._call, result=result)
        try:
            for handle in self._handles:
                if handle.site.operation.kind is Kind.CALL:
                    brought, required = self._brought(handle, call)
                    answer(handle, brought, required=required)
        except BaseException:
            self.end()
            raise
        if patch.rebuilt is not None and any(handle.open for handle in self._handles):
            result = lasting(patch, call, self._handles, self.end)
        else:
            self.end()
        if patch.after is None:
            return result
        try:
            return patch.after(call)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("patching", error)
            return result

    def close(self, result: Any) -> Any:
        """Free a response that the caller does not get; await what it returns where the call was awaited."""
        return getattr(result, self._patch.closes)() if self._patch.closes else _done()

    def _brought(self, handle: Handle, call: Call) -> tuple[PolicyContext | None, bool]:
        """Return the context that a response brings, and whether the policy requires one."""
        if self._patch.brings is None:
            return None, False
        snapshot, uri = self._snapshot, handle.site.operation.asset.uri
        peer = host_of(uri)
        required = ingress_rule(snapshot.engine.policy.trust, peer) == "require"
        if not handle.known.judges:  # nobody was asked, so nobody is believed
            return None, required
        brought = snapshot.propagator.response(self._patch.brings(call), pair=handle.span)
        return (None if brought.unknown == "missing" else brought), required


def _described(patch: Patch, call: Call) -> tuple[Operation, ...]:
    """Describe a call; one that cannot be told is opaque, so that it is decided all the same."""
    try:
        return patch.describe(call)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("describing", error)
        return (Operation(Kind.OPAQUE, Asset(patch.module, "{…}")),)


def _is_ours(asset: Asset, snapshot: Snapshot) -> bool:
    spool = snapshot.spool
    return asset.namespace == "file" and spool is not None and asset.name.startswith(f"{spool.absolute()}/")


async def _done() -> None:
    """Be awaited."""
