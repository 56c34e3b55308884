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

from privacylib import coverage
from privacylib._bootstrap.about import own_version, tell_about
from privacylib._bootstrap.polling import Poller
from privacylib.config import Settings, Snapshot, settings
from privacylib.context import PROCESS, UNSEEN, Stage
from privacylib.errors import PrivacyError
from privacylib.exporters import Detail, chosen, detail_of
from privacylib.instrumentation import hops, patching
from privacylib.instrumentation.hops.along import GIVEN
from privacylib.model import Mode, PolicyContext, Zone
from privacylib.model.policy import Policy
from privacylib.naming import file_asset
from privacylib.policy.engine import Engine
from privacylib.propagation import Propagator, keyring
from privacylib.recorder import DirectoryStore, Recorder, Store
from privacylib.runtime import ACTIVE, begin_under, commanded, faults, zone_under

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from privacylib.drain import Drain
    from privacylib.policy.loading import Document

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
        self.poller: Poller | None = None
        self.told: tuple[list[str], Mode] | None = None
        """The requirements that were warned of, and the ceiling that they are above."""
        self.odd: frozenset[str] = frozenset()
        """What was said of patterns that match nothing."""


_wiring = _Wiring()


def init(
    service: str | None,
    policy: str | Path | None,
    exporter: "SpanExporter | Sequence[SpanExporter] | None",
    spool: str | Path | None,
    mode: str,
    instrument: bool | Iterable[str],
    region: str | None,
) -> None:
    """Put up what was asked for; see `privacylib.init`."""
    asked = settings(service, policy, spool, mode, instrument, region)
    exporters, detail = chosen(exporter, asked.exporter), detail_of(asked.spans)
    patch = _patching(asked)
    with _wiring.lock:
        old, before, loaded = _wiring.recorder, _wiring.settings, _load(asked.policy)
        anew = old is None or before is None or _records(before) != _records(asked)
        recorder = _recorder(asked) if old is None or anew else old
        snapshot = snapshot_of(asked, loaded, recorder)
        _warn_of_ceiling(snapshot)
        zone, brought = PROCESS.frame.zone, None
        if anew or ACTIVE.snapshot is None:
            brought = _brought(snapshot)
            zone = around(snapshot, zone_under(brought) if brought else zone)
        _replace(snapshot, zone, asked, recorder, exporters, detail)
        if brought:
            begin_under(PROCESS.frame, brought, os.environ.get(GIVEN, ""))
        _poll(asked)
        hops.install(restart=_again(asked, snapshot))
        patching.on_change(_changed)
        if patch is None:
            coverage.rest()
        else:
            patch()
            coverage.keep(recorder.miss, _changed)


def _replace(
    snapshot: Snapshot,
    zone: Zone,
    asked: Settings,
    recorder: Recorder,
    exporters: "tuple[SpanExporter, ...]",
    detail: Detail,
) -> None:
    """Put a snapshot in place of the one before, and only then take down what nobody asks any more.

    The zone of the process comes with it, in one step: either without the other may be stricter than both.
    """
    old, drain = _wiring.recorder, _wiring.drain
    if recorder is not old:
        _wiring.drain = None  # what begins to record is not that one's
    _wiring.recorder, _wiring.settings, faults.tell = recorder, asked, recorder.swallow
    ACTIVE.snapshot, PROCESS.frame.zone = snapshot, zone
    _replace_drain(drain, exporters, recorder, detail)
    if old is not None and old is not recorder:
        old.close()


def _recorder(asked: Settings) -> Recorder:
    return Recorder(DirectoryStore(asked.spool), asked.service, cap=asked.spool_max, started=_begun)


def _patching(asked: Settings) -> Callable[[], None] | None:
    """Return what instruments the libraries that are asked for; None where none is.

    Raises:
        PrivacyError: One is not known.
    """
    if asked.instrument == frozenset():
        return None
    from privacylib.integrations import prepared

    return prepared(asked.instrument)


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


def _poll(asked: Settings) -> None:
    """Look at the policy file as often as asked for, and no longer as was asked for before."""
    if _wiring.poller is not None:
        _wiring.poller.stop()
    _wiring.poller = Poller(asked.policy, asked.poll, reload) if asked.policy and asked.poll else None


def _again(asked: Settings, snapshot: Snapshot) -> Callable[[], None]:
    """Return what starts privacylib in another process as it was started here, exporters aside; it can be pickled."""
    from privacylib._bootstrap import init as begin

    return functools.partial(
        begin,
        service=asked.service,
        policy=asked.policy and asked.policy.absolute(),
        spool=snapshot.spool,
        mode=asked.mode.name,
        instrument=True if asked.instrument is None else asked.instrument,
        region=asked.region,
    )


def _begun(store: Store) -> None:
    """Export what this process, or a forked child, begins to record, and say what it is."""
    drain = _wiring.drain
    if drain is not None:
        drain.start(store)
    tell_about(store, _wiring.settings)


def _changed() -> None:
    """Say again what this process sees, where it has begun to record."""
    recorder = _wiring.recorder
    if recorder is not None and recorder.begun:
        tell_about(recorder.store, _wiring.settings)


def _replace_drain(
    old: "Drain | None", exporters: "tuple[SpanExporter, ...]", recorder: Recorder, detail: Detail
) -> None:
    """Let other exporters go on where those before them stood."""
    if old is not None and old is _wiring.drain and old.detail is detail and _are_same(old.exporters, exporters):
        return
    if old is not None:
        old.shutdown(EXIT_TIMEOUT, kept=exporters)
    _wiring.drain = None
    if exporters:
        from privacylib.drain import Drain

        _wiring.drain = Drain(recorder, exporters, detail)
        _wiring.drain.begin()


def _are_same(some: "Sequence[SpanExporter]", others: "Sequence[SpanExporter]") -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def snapshot_of(asked: Settings, policy: Policy, recorder: Recorder) -> Snapshot:
    """Return the snapshot for settings, a policy and a recorder.

    Args:
        asked: The settings.
        policy: The loaded policy.
        recorder: Where records go. Its spool holds the shared key; without one there is a key of this process alone.
    """
    spool = recorder.store.spool  # absolute, where that of the settings may be as seen from another directory
    with Stage(UNSEEN):
        own_version()
        keys = keyring(policy.trust, spool, os.environ)
    return Snapshot(
        service=asked.service,
        mode=asked.mode,
        engine=Engine(policy, asked.mode, asked.region),
        recorder=recorder,
        propagator=Propagator(policy, keys, service=asked.service),
        keys=keys,
        spool=spool,
        own=_own(spool) if spool else (),
    )


def _own(spool: Path) -> tuple[str, ...]:
    """Return how names of the spool's files begin: by the path that was given, and by that which links lead to."""
    return tuple({f"{file_asset(path).name}/" for path in (spool, spool.resolve())})


def reload() -> None:
    """Put the policy file in force again; see `privacylib.reload`."""
    with _wiring.lock:
        asked, recorder = _wiring.settings, _wiring.recorder
        if asked is None or recorder is None:
            raise PrivacyError("reload() has nothing to reload; call privacylib.init(policy=...) first")
        snapshot = snapshot_of(asked, _load(asked.policy), recorder)
        _warn_of_ceiling(snapshot)
        ACTIVE.snapshot = snapshot


def flush(timeout: float = 5.0) -> bool:
    """Export what was recorded so far; see `privacylib.flush`."""
    drain = _wiring.drain
    return True if drain is None else drain.flush(timeout)


def shutdown(timeout: float = 2.0) -> None:
    """Take everything down; see `privacylib.shutdown`."""
    with _wiring.lock:
        ACTIVE.snapshot = None
        coverage.rest()
        _finish(timeout)
        _wiring.recorder = None
        faults.tell = str


def _end() -> None:
    """Export what can be exported as the process ends.

    What threads and exit handlers of the host still do is decided and recorded as before, and exported by others.
    """
    with _wiring.lock:
        _finish(EXIT_TIMEOUT, ending=True)


def _finish(timeout: float, *, ending: bool = False) -> None:
    drain, _wiring.drain = _wiring.drain, None
    if _wiring.poller is not None:
        _wiring.poller.stop()
    if drain is not None:
        drain.shutdown(timeout)
    if _wiring.recorder is not None:
        _wiring.recorder.close(ending=ending)


def _load(path: Path | None) -> Policy:
    if path is None:
        return Policy()
    from privacylib.policy.loading import read

    with Stage(UNSEEN):
        document = read(path)
        _warn_of_patterns(document)
        return document.policy


def _warn_of_patterns(document: "Document") -> None:
    """Name entries that can match nothing, as ``privacylib policy check`` does: each once, until that changes."""
    from privacylib.policy.unmatchable import unmatchable

    found = dict.fromkeys(f"{document.source}: {each}" for each in unmatchable(document.policy, document.lines))
    for text in found:
        if text not in _wiring.odd:
            _log.warning("%s", text)
    _wiring.odd = frozenset(found)


def around(snapshot: Snapshot, zone: Zone) -> Zone:
    """Return a zone of the process with those in it that the policy has for this command, around all of its work."""
    uri = f"command://{snapshot.service}"
    return commanded(zone, uri, snapshot.engine.zones(uri))  # a child's parent stood in some already


def _brought(snapshot: Snapshot) -> PolicyContext | None:
    """Return what the parent process put into the environment, if it did."""
    told = {name: os.environ[name] for name in ("TRACEPARENT", "BAGGAGE") if name in os.environ}
    if "privacylib=" not in told.get("BAGGAGE", ""):
        return None
    return snapshot.propagator.extract(told, peer="process", audiences=snapshot.propagator.addressed(""))


atexit.register(_end)
