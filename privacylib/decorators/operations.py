"""Operations that code declares: decorators for functions, context managers for blocks."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from privacylib.context import Inside
from privacylib.decorators.arguments import names, wrappable
from privacylib.decorators.sites import called_from, qualified
from privacylib.decorators.wrapping import wrap
from privacylib.model import Asset, Decision, Kind, Operation
from privacylib.naming import asset as named
from privacylib.runtime import Declared, Handle, answer, begin, decision_on, end, faults, snapshot_now
from privacylib.runtime.decorated import Around, AroundRead, AroundWrite

__all__ = ["Op", "call", "calls", "check", "read", "reads", "write", "writes"]

F = TypeVar("F", bound=Callable[..., Any])


_Arounds: TypeAlias = Around | AroundRead | AroundWrite


class _AroundCall(Around):
    """A remote call around each call of a function: its response is read when it returns."""

    __slots__ = ()

    def exit(self, handle: Handle | None, failed: bool) -> None:
        end(handle, failed)  # first: the response is no source of its own request
        if handle is not None and not failed:
            answer(handle, None)


def _decorate(kind: Kind, asset: str, around: type[_Arounds], **facts: Any) -> Callable[[F], F]:
    place = named(asset)

    def decorator(function: F) -> F:
        wrappable(function)
        return wrap(function, around(Operation(kind, place, site=qualified(function), **facts)))

    return decorator


def reads(asset: str, fields: Iterable[str] = ()) -> Callable[[F], F]:
    """Declare that a function reads an asset.

    Args:
        asset: URI of the asset, such as ``postgres://db:5432/app.public.users``.
        fields: The fields it reads; none means all.

    Returns:
        A decorator that keeps the function's kind, signature and pickling.

    Raises:
        AssetNameError: The URI names no asset.
    """
    return _decorate(Kind.READ, asset, AroundRead, fields=names("fields", fields))


def writes(asset: str, fields: Iterable[str] = (), derived_from: Iterable[str] | None = None) -> Callable[[F], F]:
    """Declare that a function writes an asset. What its body reads flows into the asset too.

    Args:
        asset: URI of the asset.
        fields: The fields it writes; none means all.
        derived_from: URIs of the assets that the result is made of, where the code knows.

    Returns:
        A decorator that keeps the function's kind, signature and pickling.

    Raises:
        AssetNameError: A URI names no asset.
    """
    return _decorate(
        Kind.WRITE, asset, AroundWrite, fields=names("fields", fields), derived_from=_sources(derived_from)
    )


def calls(asset: str) -> Callable[[F], F]:
    """Declare that a function calls a remote endpoint: it writes ``#request`` and reads ``#response``.

    Args:
        asset: URI of the endpoint, such as ``http://ranker.internal/rank``.

    Returns:
        A decorator that keeps the function's kind, signature and pickling.

    Raises:
        AssetNameError: The URI names no asset.
    """
    return _decorate(Kind.CALL, asset, _AroundCall)


class Op:
    """One operation as a block of code, for ``with`` and ``async with``."""

    __slots__ = ("_declared", "_handle", "_inside")

    def __init__(self, operation: Operation) -> None:
        self._declared = Declared(operation)
        self._handle: Handle | None = None
        self._inside: Inside | None = None

    def __enter__(self) -> "Op":
        site = self._declared.site()
        if site is not None:
            self._handle = begin(site, body=True, stays_open=site.operation.kind is not Kind.CALL)
            if self._handle is not None and site.kind is Kind.READ:  # which has no body
                self._inside = Inside()
                self._inside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        handle, self._handle = self._handle, None
        if self._inside is not None:
            self._inside.__exit__()
        end(handle, failed=error is not None)  # first: the response is no source of its own request
        if handle is not None and error is None and handle.site.operation.kind is Kind.CALL:
            answer(handle, None)

    async def __aenter__(self) -> "Op":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def payload(self, value: object) -> None:
        """Offer the value that is transferred to probes and detectors; it is never kept.

        Args:
            value: What is read or written.
        """
        if self._handle is not None:
            site = self._handle.site
            try:
                for probe in site.snapshot.probes:
                    probe(site.operation.asset, value)
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                faults.swallowed("probing", error)


def read(asset: str, fields: Iterable[str] = ()) -> Op:
    """Read an asset in a block: ``with privacylib.read("postgres://…") as op: …``.

    Args:
        asset: URI of the asset.
        fields: The fields that are read; none means all.

    Raises:
        AssetNameError: The URI names no asset.
        PolicyDenied: On entering, when an enforced rule denies it.
    """
    return Op(Operation(Kind.READ, named(asset), names("fields", fields), site=called_from(1)))


def write(asset: str, fields: Iterable[str] = (), derived_from: Iterable[str] | None = None) -> Op:
    """Write an asset in a block. What its scope reads inside the block flows into the asset too.

    Args:
        asset: URI of the asset.
        fields: The fields that are written; none means all.
        derived_from: URIs of the assets that the result is made of, where the code knows.

    Raises:
        AssetNameError: A URI names no asset.
        PolicyDenied: On entering, or on a read inside, when an enforced rule denies it.
    """
    return Op(Operation(Kind.WRITE, named(asset), names("fields", fields), _sources(derived_from), called_from(1)))


def call(asset: str) -> Op:
    """Call a remote endpoint in a block; ``privacylib.inject`` inside it is for this call.

    Args:
        asset: URI of the endpoint.

    Raises:
        AssetNameError: The URI names no asset.
        PolicyDenied: On entering, or on leaving when the zone does not admit the response.
    """
    return Op(Operation(Kind.CALL, named(asset), site=called_from(1)))


def check(kind: str, asset: str, fields: Iterable[str] = ()) -> Decision:
    """Return the decision on an operation without doing it, and without a record.

    Args:
        kind: ``read``, ``write`` or ``call``.
        asset: URI of the asset.
        fields: The fields touched; none means all.

    Raises:
        AssetNameError: The URI names no asset.
        ValueError: `kind` is none of the three.
    """
    try:
        operation = Operation(_KINDS[kind], named(asset), names("fields", fields))
    except KeyError:
        raise ValueError(f"check() knows {', '.join(_KINDS)}; {kind!r} is none of them") from None
    return decision_on(operation, snapshot_now())


_KINDS: Mapping[str, Kind] = {"read": Kind.READ, "write": Kind.WRITE, "call": Kind.CALL}


def _sources(derived_from: Iterable[str] | None) -> tuple[Asset, ...] | None:
    return None if derived_from is None else tuple(named(uri) for uri in names("derived_from", derived_from))
