"""A child process finds its parent's context in its environment, as ``TRACEPARENT`` and ``BAGGAGE``."""

import inspect
import os
import subprocess
from collections.abc import Callable
from typing import Any

from opentelemetry.trace import get_current_span

from privacylib.context import PROCESS, get_frame
from privacylib.instrumentation.hops.along import put_first
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.runtime import ACTIVE, faults, held_now

__all__ = ["REPLACEMENTS"]

_STARTED = Operation(Kind.CALL, Asset("command", "{…}"))


def _init(original: Callable[..., Any]) -> Callable[..., Any]:
    position = list(inspect.signature(original).parameters).index("env") - 1

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it stands in for that method
        snapshot = ACTIVE.snapshot
        if snapshot is None:
            return original(self, *args, **kwargs)
        try:
            if len(args) > position:
                args = (*args[:position], _environment(args[position]), *args[position + 1 :])
            else:
                kwargs = _with_env(kwargs)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.while_deciding(snapshot, _STARTED, error)  # a child must not start with less than it was given
        return original(self, *args, **kwargs)

    return __init__


def _with_env(kwargs: dict[str, Any]) -> dict[str, Any]:
    env = _environment(kwargs.get("env"))
    return kwargs if env is kwargs.get("env") else {**kwargs, "env": env}


def _environment(env: Any) -> Any:
    """Return the environment with the running work's context; the given one where there is nothing to tell."""
    snapshot, frame = ACTIVE.snapshot, get_frame() or PROCESS.outside() or PROCESS.frame
    if snapshot is None:
        return env
    env, context = put_first(env), held_now(frame)
    if not (frame.scope.opened or context.reads or context.zone):
        return env
    carrier = dict(os.environ if env is None else env)
    snapshot.propagator.inject(
        carrier, context, span=_span(context, snapshot.recorder.next_span()), pair=0, endpoint="", kind="process"
    )
    return carrier


def _span(context: PolicyContext, own: int) -> int:
    """Return the host's span where the work is part of its trace, else one of our own."""
    host = get_current_span().get_span_context()
    return host.span_id if host.is_valid and f"{host.trace_id:032x}" == context.correlation_key else own


REPLACEMENTS = (Replacement(subprocess.Popen, "__init__", _init),)
