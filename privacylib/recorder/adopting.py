"""Fold producers that are over into one for each service.

Everything is done under one lock of the spool. The counts of the one name the producers that are in them,
and only then are those removed, so a kill at any moment leaves each record in one place that readers look at.
"""

import fcntl
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from attrs import define, field

from privacylib.model import Flow
from privacylib.recorder.counting import Tally
from privacylib.recorder.counts import COUNTS, Counts, counts_lines, kept_counts
from privacylib.recorder.definitions import definition_line, flow_text
from privacylib.recorder.directory import FOLDED, DirectoryStore, spool_lock
from privacylib.recorder.folding import NOTE_OF_EXPORTER, acknowledged, bounded, counted
from privacylib.recorder.layout import FORMAT
from privacylib.recorder.quarantine import inherit_quarantined
from privacylib.recorder.reading import Producer
from privacylib.recorder.store import ABOUT, EXPORTING, Store

__all__ = ["adopt"]

_AT_ONCE = 64
"""Producers for one replacement of the counts."""

_UNDEFINED = 0
"""Number of all flows whose definition was damaged."""


@define
class _Heir:
    """The one producer into which those of a service are folded that were exported, or those that were not."""

    store: DirectoryStore
    counts: Counts
    numbers: dict[Flow, int] = field(factory=dict[Flow, int])

    def define(self, flows: set[Flow]) -> None:
        """Give numbers to flows that are new here."""
        fresh = flows - self.numbers.keys()
        if not fresh:
            return
        torn = not self.store.lines().endswith(b"\n")  # the line feed of a kill, or none at all
        first = 1 + max(self.numbers.values(), default=0)
        self.numbers.update((flow, number) for number, flow in enumerate(fresh, first))
        lines = b"".join(definition_line(self.numbers[flow], flow_text(flow)) for flow in fresh)
        self.store.add_lines(b"\n" + lines if torn else lines)


def adopt(spool: Path) -> int:
    """Fold producers that have closed or died, and that every exporter has taken.

    Those of a service become one; those that never had an exporter another one, so that who exports later can
    tell them apart.

    Args:
        spool: Directory of the spool.

    Returns:
        How many were folded; 0 when another process is at it, or somebody is reading.

    Raises:
        OSError: What was not folded yet is left as it was.
    """
    with spool_lock(spool, fcntl.LOCK_EX) as alone:
        if not alone:
            return 0
        _sweep(spool)
        names = iter(sorted(path.name for path in spool.iterdir() if not path.name.startswith(FOLDED)))
        folded = 0
        while some := list(islice(names, _AT_ONCE)):
            folded += _adopt_some(spool, some)
        return folded


def _sweep(spool: Path) -> None:
    """Remove what was folded before, and was left by a kill."""
    for path in spool.glob(f"{FOLDED}*"):
        for name in kept_counts(DirectoryStore(spool, path.name)).absorbed:
            if (spool / name).is_dir():
                DirectoryStore(spool, name).remove()


def _adopt_some(spool: Path, names: list[str]) -> int:
    with ExitStack() as held:
        stores = [store for name in names for store in _over(DirectoryStore(spool, name), held)]
        heirs: dict[tuple[str, bool], _Heir] = {}
        for store in stores:
            producer = Producer(store)
            exported = bool(store.notes(NOTE_OF_EXPORTER))
            of = producer.service, exported
            heir = heirs.get(of) or heirs.setdefault(of, _heir(spool, producer.service, exported=exported))
            _absorb(heir, producer)
        for heir in heirs.values():
            bounded(heir.counts)
            heir.store.keep(COUNTS, counts_lines(heir.counts), lasting=True)
        for store in stores:
            store.remove()
    return len(stores)


def _over(store: DirectoryStore, held: ExitStack) -> Iterator[DirectoryStore]:
    """Yield the store if its process is gone and its exporters have everything, and hold it from then on."""
    if not held.enter_context(store.orphaned()):
        return
    if not (store.kept("meta.json") or store.lines()):  # killed before it could record anything
        store.remove()
    elif store.meta() and (lock := store.lock(EXPORTING)):  # whoever exports it has it until then
        held.enter_context(lock)
        if all(acknowledged(store, number, over=True) for number in store.numbers()):
            yield store


def _heir(spool: Path, service: str, *, exported: bool) -> _Heir:
    told = service if exported else f"{service}\0"
    store = DirectoryStore(spool, FOLDED + hashlib.sha256(told.encode()).hexdigest()[:16])
    if not store.meta():
        store.write_meta({"format": FORMAT, "service": service, "folded": True, "exported": exported})
    store.sweep()
    counts = kept_counts(store)
    counts.absorbed = [name for name in counts.absorbed if (spool / name).is_dir()]
    return _Heir(store, counts, {flow: number for number, flow in Producer(store).flows.items()})


def _absorb(heir: _Heir, producer: Producer) -> None:
    store = producer.store
    counts = kept_counts(store)
    numbers = [number for number in store.numbers() if number >= counts.below]
    counts = counted(producer, counts, numbers)
    _add(heir.counts, counts, _renumbered(heir, producer, counts))
    heir.counts.refused = dict(Counter(heir.counts.refused) + Counter(producer.refused))
    heir.counts.errors = dict(Counter(heir.counts.errors) + Counter(producer.errors))
    heir.counts.absorbed.append(producer.id)
    _inherit_about(heir.store, producer)
    inherit_quarantined(heir.store, store)


def _inherit_about(heir: Store, producer: Producer) -> None:
    """Keep the note of what the process that began last runs on and sees."""
    about, kept = producer.about, Producer(heir).about
    began = str(producer.meta.get("started", ""))
    if about and began >= str(kept.get("started", "")):
        heir.keep(ABOUT, json.dumps({**about, "started": began}).encode())


def _renumbered(heir: _Heir, producer: Producer, counts: Counts) -> dict[int, int]:
    """Return the heir's numbers of a producer's flows, defining what is new to it."""
    flows = producer.flows
    taken = (number for number, flow in flows.items() if flow.terms is not None and flow.terms.taken is not None)
    heir.define({flows[number] for number in (*counts.tallies.flows, *taken) if number in flows})
    return {number: heir.numbers[flows[number]] if number in flows else _UNDEFINED for number in counts.tallies.flows}


def _add(into: Counts, counts: Counts, numbers: dict[int, int]) -> None:
    ours, theirs = into.tallies, counts.tallies
    for flow, tally in theirs.flows.items():
        ours.flows.setdefault(numbers[flow], Tally()).add(tally)
    for (block, flow), tally in theirs.groups.items():
        ours.groups.setdefault((block, numbers[flow]), Tally()).add(tally)
    ours.blocks.update((block, numbers[flow]) for block, flow in theirs.blocks.items())
    ours.calls.update((span, numbers[flow]) for span, flow in theirs.calls.items())
    ours.corrupt += theirs.corrupt
    into.unpaired += counts.unpaired
