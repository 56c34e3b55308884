"""One call of a patched function between its beginning and its end."""

import inspect
from typing import Any

from privacylib.config import Snapshot
from privacylib.context import frame_now
from privacylib.families.rpc import Calling
from privacylib.instrumentation.call import Call, Describe
from privacylib.instrumentation.covering import Covering, cover, covered, uncover
from privacylib.instrumentation.facts import Opened, Pending, Response, stays_apart
from privacylib.instrumentation.going import goes_on
from privacylib.instrumentation.lasting import lasting
from privacylib.instrumentation.table import Patch
from privacylib.model import Asset, Kind, Operation, Source
from privacylib.propagation import host_of
from privacylib.runtime import Declared, Handle, Site, begin, end, faults, site_of, step_out
from privacylib.runtime.messages import carry

__all__ = ["Running"]


_FORGOTTEN = Call((), {}, {}, {})


class Running:
    """The operations of one call.

    Args:
        patch: What was called.
        call: With which arguments.
        snapshot: What it is decided by.

    Raises:
        PolicyDenied: An enforced rule denies one of them; the function must not be called.
    """

    __slots__ = ("_call", "_calling", "_covering", "_handles", "_late", "_patch", "_snapshot", "_trials")

    def __init__(self, patch: Patch, call: Call, snapshot: Snapshot) -> None:
        self._patch = patch
        self._call = call
        self._calling: Calling | None = None
        self._covering: Covering | None = None
        self._snapshot = snapshot
        self._handles: list[Handle] = []
        self._late: tuple[Operation, ...] = ()
        self._trials: list[tuple[Handle, Source]] = []
        """Reads that can be taken back."""
        operations = _described(patch.describe, call, patch, snapshot)
        if operations and patch.missing(call):
            self._late = operations
        else:
            if not patch.body.told:
                self._begin_all(operations)
            calls = patch.body.carries(call)
            if calls or (patch.body.covers and operations):
                self._covering = cover(operations, calls=calls)

    def _begin_all(self, operations: tuple[Operation, ...]) -> None:
        inside = self._patch.body.asks_host and stays_apart(operations)
        try:
            for operation in operations:
                if covered(operation):
                    continue
                if operation.kind is Kind.CALL:
                    self._call_out(operation)
                elif not _is_ours(operation.asset, self._snapshot):
                    self._begin(operation, self._snapshot, inside)
        except BaseException:
            self.end(failed=True)
            raise

    def _begin(self, operation: Operation, snapshot: Snapshot, inside: bool) -> None:
        try:
            site = site_of(operation, snapshot)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.while_deciding(snapshot, operation, error)
            return
        streams, tried = self._streams(), self._tried(site)
        handle = begin(site, stays_open=isinstance(self._patch.lasts, Opened) or streams, body=streams or inside)
        if handle is not None:
            self._handles.append(handle)
            self._trials.extend((handle, source) for source in tried)
            if operation.kind is Kind.WRITE and self._patch.sends.headers is not None:
                carry(handle, self._patch.sends.headers(self._call))

    def _call_out(self, operation: Operation) -> None:
        """Begin a remote call, and let context go out with it where it may."""
        headers = self._patch.sends.headers
        calling = Calling.begin(Declared(operation), lambda: host_of(operation.asset.uri), requests=self._streams())
        if calling is not None:
            self._calling = calling
            if headers is not None:
                calling.inject(headers(self._call))

    def _streams(self) -> bool:
        return self._patch.sends.streams(self._call)

    def end(self, *, failed: bool = False) -> None:
        """Record what was begun.

        Raises:
            PolicyDenied: Lineage is mandatory, and a record could not be kept.
        """
        uncover(self._covering)
        calling, self._calling = self._calling, None
        if calling is not None:
            calling.close(None, failed=failed)
        handles = self._handles
        if failed and self._patch.body.whole:
            handles[:] = [handle for handle in handles if handle.site.kind is Kind.READ]
        try:
            while handles:
                end(handles.pop(), failed)
        except BaseException:
            self.end(failed=failed)
            raise

    def _tried(self, site: Site) -> tuple[Source, ...]:
        """Return the sources of a read that can be taken back where the patch can tell that nothing came."""
        if site.kind is not Kind.READ or self._patch.fails is None:
            return ()
        reads = frame_now().scope.reads
        return tuple(source for source in site.sources if reads.try_out(source))

    def _settle(self, *, void: bool) -> None:
        for handle, source in self._trials:
            handle.frame.scope.reads.settle(source, handle.link, void=void)
        self._trials.clear()

    def raised(self, error: BaseException) -> None:
        """Record what was begun as failed, or take it back where the error says that nothing was transferred."""
        fails = self._patch.fails
        try:
            nothing = fails is not None and fails(error)
        except Exception as mistake:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("patching", mistake)
            nothing = False
        self._settle(void=nothing)
        if nothing:
            self._handles[:] = [each for each in self._handles if each.open or each.body is not None]
        self.end(failed=True)

    def returned(self, result: Any) -> Any:
        """Take in what came back, and return what the caller gets.

        Raises:
            PolicyDenied: The zone does not admit the labels that came back.
        """
        uncover(self._covering)
        self._settle(void=False)
        patch, lasts, call = self._patch, self._patch.lasts, self._call.returning(result)
        self._begin_all((*self._late, *_described(patch.late, call, patch, self._snapshot)))
        if isinstance(lasts, Pending) and (holder := lasts.on(call)) is not None:
            if self._calling is not None and lasts.announces(call):
                self._calling.announced(())
            self._go_on()
            self._call = _FORGOTTEN  # it may hold the holder, which nothing may keep
            goes_on(holder, self)
            return result
        self.answered(patch.brings, call)
        if isinstance(lasts, Opened) and any(handle.open for handle in self._handles):
            result = lasting(lasts, call, self._handles, self.end)
        else:
            self.end()
        if patch.after is None:
            return result
        try:
            return patch.after(call)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("patching", error)
            return result

    def _go_on(self) -> None:
        """Let whoever made the call do other things while it goes on."""
        if self._calling is not None:
            self._calling.made()
        for handle in self._handles:
            step_out(handle)

    def answered(self, brings: Response, call: Call) -> None:
        """End a remote call with its response.

        Args:
            brings: What came back.
            call: The call of what returned it, with its result.

        Raises:
            PolicyDenied: The zone does not admit the labels that came back.
        """
        if self._calling is not None:
            denied = self._calling.close(brings.headers(call), failed=False)
            if denied is not None:
                raise denied

    async def awaited(self, result: Any) -> Any:
        """Do the same as `returned` where the call was awaited."""
        returned = self.returned(result)
        if self._patch.after is None or not inspect.iscoroutinefunction(self._patch.after):
            return returned
        try:
            return await returned
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("patching", error)
            return result

    def close(self, result: Any) -> Any:
        """Free a response that the caller does not get; await what it returns where the call was awaited."""
        lasts = self._patch.lasts
        closes = lasts.ends if isinstance(lasts, Opened) else self._patch.brings.closes
        return getattr(result, closes)() if closes else _done()


def _described(describe: Describe, call: Call, patch: Patch, snapshot: Snapshot) -> tuple[Operation, ...]:
    """Describe a call; one that cannot be told is opaque, so that it is decided all the same.

    Raises:
        PolicyDenied: The process enforces: nobody could tell which labels it would bring.
    """
    try:
        return describe(call) if patch.takes(call) else ()
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        opaque = Operation(Kind.OPAQUE, Asset(patch.module, ""))
        faults.while_deciding(snapshot, opaque, error, where="describing")
        return (opaque,)


def _is_ours(asset: Asset, snapshot: Snapshot) -> bool:
    """Return whether a file is one of our own spool."""
    return asset.namespace == "file" and asset.name.startswith(snapshot.own)


async def _done() -> None:
    """Be awaited."""
