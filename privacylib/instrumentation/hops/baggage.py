"""OpenTelemetry's own propagator writes ``baggage`` too: the two are merged, whichever writes last."""

from collections.abc import Callable, MutableMapping
from typing import Any, cast

from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.textmap import Setter, default_setter

from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.propagation.carriers import BAGGAGE, merged, presented
from privacylib.runtime import ACTIVE, faults

__all__ = ["REPLACEMENTS"]


def _inject(original: Callable[..., Any]) -> Callable[..., Any]:
    def inject(self: Any, carrier: Any, context: Any = None, setter: Setter[Any] = default_setter) -> None:
        if ACTIVE.snapshot is not None:
            try:
                setter = _Merging(setter, carrier)
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                faults.swallowed("carrying", error)
        original(self, carrier, context, setter)

    return inject


class _Merging(Setter[Any]):
    """Keep our member that a carrier has, and write no other: one that came in was meant for this service."""

    def __init__(self, setter: Setter[Any], carrier: Any) -> None:
        self._setter = setter
        # Only in a mapping does one value take the place of another; a list keeps ours beside theirs.
        replaces = isinstance(carrier, MutableMapping)
        here = presented(cast("MutableMapping[Any, Any]", carrier), bounded=False).members if replaces else ()
        self._member = here[0] if len(here) == 1 else None

    def set(self, carrier: Any, key: str, value: str) -> None:
        """Write a header."""
        if key.lower() == BAGGAGE:
            value = merged((value,), self._member)
            if not value:
                return
            if self._member is not None:
                _take_out(cast("MutableMapping[Any, Any]", carrier))
        self._setter.set(carrier, key, value)


def _take_out(carrier: MutableMapping[Any, Any]) -> None:
    """Take out what is merged, under whatever case it has, so that it does not stand there twice."""
    for name in [name for name in carrier if isinstance(name, str) and name.lower() == BAGGAGE]:
        del carrier[name]


REPLACEMENTS = (Replacement(W3CBaggagePropagator, "inject", _inject),)
