"""Fold producers that are over into one for each service.

Everything is done under one lock of the spool. The counts of the one name the producers that are in them,
and only then are those removed, so a kill at any moment leaves each record in one place that readers look at.
"""

import fcntl
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from math import inf
from pathlib import Path
from time import monotonic, monotonic_ns

from attrs import define

from privacylib.recorder.counts.counting import Tally
from privacylib.recorder.counts.notes import Counts, keep_counts, kept_counts
from privacylib.recorder.definitions.abridged import Abridging, Texts
from privacylib.recorder.definitions.flowtext import parsed_text
from privacylib.recorder.definitions.interning import Places
from privacylib.recorder.definitions.numbered import definitions
from privacylib.recorder.folding import NOTE_OF_EXPORTER, acknowledged, bounded, counted
from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.layout import FORMAT
from privacylib.recorder.quarantining import inherit_quarantined
from privacylib.recorder.reading import Producer
from privacylib.recorder.storing.directory import FOLDED, DirectoryStore, spool_lock
from privacylib.recorder.storing.store import ABOUT, EXPORTING, Store

__all__ = ["adopt"]

_AT_ONCE = 64
"""Most producers for one replacement of the counts. The first is alone, and then there are twice as many each time:
a process that lives for a moment only gets somewhere too."""

_MANY_FLOWS = 8192
"""Flows that are counted in memory, half a kilobyte each; producers that come after have another turn."""

_UNDEFINED = 0
"""Number of all flows whose definition was damaged."""


@define
class _Heir:
    """The one producer into which those of a service are folded that were exported, or those that were not."""

    store: DirectoryStore
    counts: Counts
    places: Places
    last: int

    def number_of(self, text: bytes) -> int:
        """Return the number of a flow, defining what is new here."""
        number = self.places.number_of(text, self.store)
        if not number:
            number = self.last = self.last + 1
            self.places.define(number, text, self.store, lambda _: None)
        return number

    def keep(self) -> None:
        """Replace the counts by what they were and what was added; whom they name may be removed then."""
        bounded(self.counts)
        self.store.settle("flows.jsonl")
        keep_counts(self.store, self.counts, sys.maxsize)


def adopt(spool: Path, until: float = inf) -> int | None:
    """Fold producers that have closed or died, and that every exporter has taken.

    Those of a service become one; those that never had an exporter another one, so that who exports later can
    tell them apart.

    Args:
        spool: Directory of the spool.
        until: Moment of the monotonic clock after which none is begun any more, but for a first one.

    Returns:
        How many were folded; None when another process is at it, or somebody is reading.

    Raises:
        OSError: What was not folded yet is left as it was.
    """
    with spool_lock(spool, fcntl.LOCK_EX) as alone:
        if not alone:
            return None
        left = _sweep(spool)
        found = sorted(path.name for path in spool.iterdir() if not path.name.startswith(FOLDED))
        names = _in_turn([name for name in found if name not in left], until)
        heirs: dict[tuple[str, bool], _Heir] = {}
        folded, most = 0, 1
        while some := _adopt_some(spool, names, heirs, most):
            folded += some
            most = min(2 * most, _AT_ONCE)
        return folded


def _in_turn(names: list[str], until: float) -> Iterator[str]:
    """Yield names until a moment, where there is one from anywhere on: those that must stay are not all there is."""
    start = monotonic_ns() % len(names) if names and until < inf else 0
    for name in (*names[start:], *names[:start]):
        yield name
        if monotonic() >= until:
            return


def _sweep(spool: Path) -> set[str]:
    """Remove what was folded before, and was left by a kill; return what is still there."""
    left: set[str] = set()
    for path in spool.glob(f"{FOLDED}*"):
        for name in kept_counts(DirectoryStore(spool, path.name), flows=False).absorbed:
            if (spool / name).is_dir() and not _removed(DirectoryStore(spool, name)):
                left.add(name)
    return left


def _removed(store: DirectoryStore) -> bool:
    """Remove a producer whose counts are kept, if that can be done: one that cannot go keeps no other from going."""
    try:
        store.remove()
    except OSError as error:
        if of_the_host(error):
            raise
        return False
    return True


def _adopt_some(spool: Path, names: Iterator[str], heirs: dict[tuple[str, bool], _Heir], most: int) -> int:
    """Fold the next producers that are over, and return how many; 0 when there are no more."""
    stores: list[DirectoryStore] = []
    with ExitStack() as held:
        touched: dict[str, _Heir] = {}
        for store in _over(spool, names, held):
            producer = Producer(store)
            exported = bool(store.notes(NOTE_OF_EXPORTER))
            of = producer.service, exported
            heir = heirs.get(of) or heirs.setdefault(of, _heir(spool, producer.service, exported=exported))
            touched[heir.store.producer] = heir
            stores.append(store)
            _absorb(heir, producer)
            if len(stores) >= most or sum(len(each.counts.tallies.flows) for each in touched.values()) >= _MANY_FLOWS:
                break
        for heir in touched.values():
            heir.keep()
        for store in stores:
            _removed(store)
        for heir in touched.values():
            heir.counts.absorbed = _still_there(spool, heir.counts)
    return len(stores)


def _over(spool: Path, names: Iterable[str], held: ExitStack) -> Iterator[DirectoryStore]:
    """Yield the stores whose processes are gone and whose exporters have everything, each held from then on."""
    for name in names:
        store = DirectoryStore(spool, name)
        with ExitStack() as here:
            if _is_over(store, here):
                held.push(here.pop_all())
                yield store


def _is_over(store: DirectoryStore, held: ExitStack) -> bool:
    if not held.enter_context(store.orphaned()):
        return False
    if not store.known():  # killed before it could record anything
        _removed(store)
        return False
    if store.meta().get("format", FORMAT) != FORMAT:  # of a later version, which alone knows what is in it
        return False
    lock = store.lock(EXPORTING)  # whoever exports it has it until then
    if lock is None:
        return False
    held.enter_context(lock)
    return all(acknowledged(store, number, over=True) for number in store.numbers())


def _heir(spool: Path, service: str, *, exported: bool) -> _Heir:
    told = service if exported else f"{service}\0"
    store = DirectoryStore(spool, FOLDED + hashlib.sha256(told.encode()).hexdigest()[:16])
    if not store.meta():
        store.write_meta({"format": FORMAT, "service": service, "folded": True, "exported": exported})
    store.sweep()
    counts = kept_counts(store, flows=False)
    counts.absorbed = _still_there(spool, counts)
    places = Places(Abridging())
    heir = _Heir(store, counts, places, 0)
    end = 0
    for offset, line in definitions(store):
        end = offset + len(line) + 1
        found = places.definitions.texts.seen(offset, line)
        if found:
            places.add(places.definitions.texts.text(found, store), offset)
        # What is counted under a number that nobody can read any more must not become another flow's.
        heir.last = max(heir.last, found.number) if found else heir.last + 1
    places.definitions.written = heir.last
    if store.lines(end, 1):  # torn by a kill
        store.add_lines(b"\n")
    return heir


def _still_there(spool: Path, counts: Counts) -> list[str]:
    return [name for name in counts.absorbed if (spool / name).is_dir()]


def _absorb(heir: _Heir, producer: Producer) -> None:
    store = producer.store
    counts = kept_counts(store)
    numbers = [number for number in store.numbers() if number >= counts.below]
    counts = counted(producer, counts, numbers)
    _add(heir.counts, counts, _renumbered(heir, producer, counts))
    heir.counts.refused = dict(Counter(heir.counts.refused) + Counter(producer.refused))
    heir.counts.errors = dict(Counter(heir.counts.errors) + Counter(producer.errors))
    heir.counts.gaps = dict(Counter(heir.counts.gaps) + Counter(producer.gaps))
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
    counted = counts.tallies.flows
    numbers = dict.fromkeys(counted, _UNDEFINED)
    texts = Texts()
    for offset, line in definitions(producer.store):
        found = texts.seen(offset, line)
        text = texts.text(found, producer.store) if found else b""
        if found and text and (found.number in counted or _is_of_terms(text)):
            numbers[found.number] = heir.number_of(text)
    return numbers


def _is_of_terms(text: bytes) -> bool:
    """Return whether a flow says what was taken from outside, which is kept although nothing is counted for it."""
    flow = parsed_text(text) if b'"taken"' in text else None
    return flow is not None and flow.terms is not None and flow.terms.taken is not None


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
