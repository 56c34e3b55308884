"""A child process finds its parent's context in its environment, as ``TRACEPARENT`` and ``BAGGAGE``."""

import functools
import inspect
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from opentelemetry.trace import get_current_span

from privacylib.config import Snapshot
from privacylib.context import PROCESS, get_frame
from privacylib.families.commands import RUNNERS, Runner, replaces, started, starts
from privacylib.instrumentation.hops.along import GIVEN, put_first
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.runtime import ACTIVE, faults, held_now

__all__ = ["REPLACEMENTS"]

_STARTED = Operation(Kind.CALL, Asset("command", "{…}"))
Told = Callable[[dict[str, Any]], "Iterable[Operation] | None"]
"""Takes the arguments of a start, and returns what it is recorded as: None where the library refuses such arguments."""


def _init(original: Callable[..., Any]) -> Callable[..., Any]:
    names = list(inspect.signature(original).parameters)[1:]

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it stands in for that method
        args, kwargs = _telling(names, args, kwargs, _popened)
        return original(self, *args, **kwargs)

    return __init__


def _running(runner: Runner, original: Callable[..., Any]) -> Callable[..., Any]:
    told = functools.partial(_ran, runner)

    def run(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = _telling(runner.given, args, kwargs, told)
        return original(*args, **kwargs)

    return run


def _running_here(runner: Runner, original: Callable[..., Any]) -> Callable[..., Any]:
    def execv(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(runner.given, args, strict=False)), "env": os.environ}
        told = _environment(given, functools.partial(_ran, runner))
        before = {name: os.environ.get(name) for name, value in told.items() if os.environ.get(name) != value}
        os.environ.update({name: told[name] for name in before})
        try:
            return original(*args, **kwargs)
        finally:  # the program is still this one
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    return execv


def _telling(names: Sequence[str], args: Any, kwargs: Any, told: Told) -> tuple[Any, dict[str, Any]]:
    """Return the arguments of a start, with the running work's context in the environment."""
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    env = _environment(given, told)
    if env is given.get("env"):
        return args, kwargs
    at = names.index("env")
    return ((*args[:at], env, *args[at + 1 :]), kwargs) if at < len(args) else (args, {**kwargs, "env": env})


def _popened(given: dict[str, Any]) -> Iterable[Operation] | None:
    words, by_shell, program = (given.get(name) for name in ("args", "shell", "executable"))
    if isinstance(words, Iterator):
        return ()
    named = starts(words, program="sh" if by_shell else program)
    return started(words, by_shell=bool(by_shell), program=program) if named else None


def _ran(runner: Runner, given: dict[str, Any]) -> Iterable[Operation] | None:
    path, argv, env = (cast("Any", given.get(name)) for name in ("path", "argv", "env"))
    return replaces(path, argv) if runner.runs(path, argv, env) else None


def _environment(given: dict[str, Any], told: Told) -> Any:
    """Return the environment with the running work's context; the given one where there is nothing to tell."""
    snapshot, env = ACTIVE.snapshot, given.get("env")
    if snapshot is None:
        return env
    try:
        command = told(given)
        return env if command is None else _with_context(snapshot, env, command)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.while_deciding(snapshot, _STARTED, error)  # a child must not start with less than it was given
        return env


def _with_context(snapshot: Snapshot, env: Any, command: Iterable[Operation]) -> Any:
    frame = get_frame() or PROCESS.outside() or PROCESS.frame
    env, context = put_first(env), held_now(frame)
    if not (frame.scope.opened or context.reads or context.zone):
        return env
    carrier: dict[Any, Any] = dict(os.environ if env is None else env)
    snapshot.propagator.inject(
        carrier, context, span=_span(context, snapshot.recorder.next_span()), pair=0, endpoint="", kind="process"
    )
    for name in (GIVEN, os.fsencode(GIVEN)):
        carrier.pop(name, None)
    for operation in command:
        carrier[GIVEN] = snapshot.engine.impersonal(operation).asset.uri
    return carrier


def _span(context: PolicyContext, own: int) -> int:
    """Return the host's span where the work is part of its trace, else one of our own."""
    host = get_current_span().get_span_context()
    return host.span_id if host.is_valid and f"{host.trace_id:032x}" == context.correlation_key else own


def _replacement(runner: Runner) -> Replacement:
    makes = _running if "env" in runner.given else _running_here
    return Replacement(os, runner.name, functools.partial(makes, runner))


REPLACEMENTS = (
    Replacement(subprocess.Popen, "__init__", _init),
    *(_replacement(each) for each in RUNNERS if hasattr(os, each.name)),
)
