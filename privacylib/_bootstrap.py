"""Wiring: settings become one snapshot, the context hops go in, and all of it comes down again."""

import atexit
import functools
import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from operator import is_
from pathlib import Path
from typing import TYPE_CHECKING

from privacylib.config import Settings, Snapshot, settings
from privacylib.context import PROCESS
from privacylib.decorators.carrying import hold, zone_of
from privacylib.drain import Drain
from privacylib.errors import PrivacyError
from privacylib.exporters import chosen
from privacylib.instrumentation import hops
from privacylib.model import Mode
from privacylib.model.policy import Policy
from privacylib.policy.engine import Engine
from privacylib.propagation import Propagator, keyring
from privacylib.recorder import DirectoryStore, Recorder, Store
from privacylib.runtime import ACTIVE

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["flush", "init", "reload", "shutdown", "snapshot_of"]

_log = logging.getLogger("privacylib")

EXIT_TIMEOUT = 1.5
"""Seconds that a process's exit may take longer because of an exporter."""


class _Wiring:
    """Hold what `init` has put up, so that the next one, or `shutdown`, can take it down."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.settings: Settings | None = None
        self.recorder: Recorder | None = None
        self.drain: Drain | None = None
        self.told: tuple[list[str], Mode] | None = None
        """The requirements that were warned of, and the ceiling that they are above."""


_wiring = _Wiring()


def init(
    service: str | None = None,
    policy: str | Path | None = None,
    exporter: "SpanExporter | Sequence[SpanExporter] | None" = None,
    spool: str | Path | None = None,
    mode: str = "observe",
    instrument: bool | Iterable[str] = False,
    region: str | None = None,
) -> None:
    """Start seeing this process's operations. Variables named ``PRIVACYLIB_*`` win over arguments.

    Calling it again replaces the configuration as a whole.

    Args:
        service: Name of the service; the program's name where left out.
        policy: A policy file; an empty policy where left out.
        exporter: One or several OpenTelemetry span exporters; they are shut down with privacylib, or when replaced.
        spool: Directory of the spool, ``.privacylib`` in the working directory where left out.
        mode: The strictest that requirements may be: ``observe``, ``simulate`` or ``enforce``.
        instrument: I/O libraries to instrument: True for all that are known, or their names.
        region: Where the service runs, for sinks that name no region.

    Raises:
        PolicyFileError: The policy file cannot be accepted; names line, path and remedy.
        PrivacyError: A setting is impossible; names it.
    """
    asked = settings(service, policy, spool, mode, instrument, region)
    exporters = chosen(exporter, asked.exporter)
    with _wiring.lock:
        loaded = _load(asked.policy)
        before = _wiring.settings
        if _wiring.recorder is None or before is None or _records(before) != _records(asked):
            shutdown()
            _wiring.recorder = Recorder(
                DirectoryStore(asked.spool), asked.service, cap=asked.spool_max, started=_start_drain
            )
        _replace_drain(exporters, _wiring.recorder)
        first = ACTIVE.snapshot is None
        snapshot = snapshot_of(asked, loaded, _wiring.recorder, asked.spool)
        _warn_of_ceiling(snapshot)
        _wiring.settings = asked
        ACTIVE.snapshot = snapshot
        if first:
            _take_environment(snapshot)
        hops.install(restart=_again(asked))
        if asked.instrument != frozenset():
            from privacylib import integrations

            integrations.install(asked.instrument)


def _records(asked: Settings) -> tuple[Path, str]:
    """Return what a recorder is made for."""
    return asked.spool, asked.service


def _warn_of_ceiling(snapshot: Snapshot) -> None:
    """Say that requirements of the policy ask for more than `init` allows: once, until that changes."""
    asks = sorted(each.id for each in snapshot.engine.policy.requirements if each.mode > snapshot.mode)
    if asks and (asks, snapshot.mode) != _wiring.told:
        _log.warning(
            "the policy asks for more than mode=%s allows: %s", snapshot.mode.name.lower(), ", ".join(asks)
        )  # fmt: skip
    _wiring.told = asks, snapshot.mode


def _again(asked: Settings) -> Callable[[], None]:
    """Return what starts privacylib in another process as it was started here, exporters aside; it can be pickled."""
    return functools.partial(
        init,
        service=asked.service,
        policy=asked.policy and asked.policy.absolute(),
        spool=asked.spool.absolute(),
        mode=asked.mode.name,
        instrument=True if asked.instrument is None else asked.instrument,
        region=asked.region,
    )


def _start_drain(store: Store) -> None:
    """Export what this process, or a forked child, begins to record."""
    drain = _wiring.drain
    if drain is not None:
        drain.start(store)


def _replace_drain(exporters: "tuple[SpanExporter, ...]", recorder: Recorder) -> None:
    """Let other exporters go on where those before them stood."""
    old = _wiring.drain
    if old is not None and len(old.exporters) == len(exporters) and all(map(is_, old.exporters, exporters)):
        return
    if old is not None:
        old.shutdown(EXIT_TIMEOUT, kept=exporters)
    _wiring.drain = Drain(recorder, exporters) if exporters else None
    if old is not None:
        _start_drain(recorder.store)


def snapshot_of(asked: Settings, policy: Policy, recorder: Recorder, spool: Path | None = None) -> Snapshot:
    """Return the snapshot for settings, a policy and a recorder.

    Args:
        asked: The settings.
        policy: The loaded policy.
        recorder: Where records go.
        spool: Directory that holds the shared key; None for a key of this process alone.
    """
    return Snapshot(
        service=asked.service,
        mode=asked.mode,
        engine=Engine(policy, asked.mode, asked.region),
        recorder=recorder,
        propagator=Propagator(policy, keyring(policy.trust, spool, os.environ)),
        spool=spool,
        policy_file=asked.policy,
    )


def reload() -> None:
    """Read the policy file again and put it in force, as one snapshot.

    Raises:
        PrivacyError: `init` was not called.
        PolicyFileError: The file cannot be accepted; the old policy stays in force.
    """
    with _wiring.lock:
        asked, recorder = _wiring.settings, _wiring.recorder
        if asked is None or recorder is None:
            raise PrivacyError("reload() has nothing to reload; call privacylib.init(policy=...) first")
        snapshot = snapshot_of(asked, _load(asked.policy), recorder, asked.spool)
        _warn_of_ceiling(snapshot)
        ACTIVE.snapshot = snapshot


def flush(timeout: float = 5.0) -> bool:
    """Export what was recorded so far.

    Args:
        timeout: Most seconds to wait.

    Returns:
        Whether all of it was exported; True where there is no exporter.
    """
    drain = _wiring.drain
    return True if drain is None else drain.flush(timeout)


def shutdown(timeout: float = 2.0) -> None:
    """Export what can be exported in time, seal the spool, and pass operations straight through again.

    What is not exported stays in the spool.

    Args:
        timeout: Most seconds to wait.
    """
    with _wiring.lock:
        drain, recorder = _wiring.drain, _wiring.recorder
        _wiring.drain = _wiring.recorder = None
        ACTIVE.snapshot = None
        if drain is not None:
            drain.shutdown(timeout)
        if recorder is not None:
            recorder.close()


def _load(path: Path | None) -> Policy:
    if path is None:
        return Policy()
    from privacylib.policy.loading import load

    return load(path)


def _take_environment(snapshot: Snapshot) -> None:
    """Let the process scope hold what the parent process put into the environment."""
    told = {name: os.environ[name] for name in ("TRACEPARENT", "BAGGAGE") if name in os.environ}
    if "privacylib=" not in told.get("BAGGAGE", ""):
        return
    context = snapshot.propagator.extract(told, peer="process")
    PROCESS.frame.zone = zone_of(context)
    hold(PROCESS.frame, context)


atexit.register(shutdown, EXIT_TIMEOUT)
