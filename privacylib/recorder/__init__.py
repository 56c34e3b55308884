"""The recorder: what happened, kept by the operating system, and how to read it again.

Each part is imported when somebody asks for it: from the first import on the compiled form needs the slots that
records go into, and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from privacylib.recorder.adopting import adopt
    from privacylib.recorder.counts.counting import BLOCK_BITS, Tallies, Tally
    from privacylib.recorder.counts.notes import folded_below
    from privacylib.recorder.folding import NOTE_OF_EXPORTER, acknowledged
    from privacylib.recorder.interrupts import of_the_host
    from privacylib.recorder.quarantining import quarantine, quarantined
    from privacylib.recorder.reading import Producer, is_heir, producers
    from privacylib.recorder.recorder import Recorder
    from privacylib.recorder.room import DEFAULT_CAP
    from privacylib.recorder.scanning import Auxiliary, Cursor, Entry, sequence_of
    from privacylib.recorder.storing.directory import DirectoryStore
    from privacylib.recorder.storing.disk import make_directory
    from privacylib.recorder.storing.memory import MemoryStore
    from privacylib.recorder.storing.store import ABOUT, EXPORTING, FOLDING, Store
    from privacylib.recorder.tallying import keys_of, tallies, tallies_before

__all__ = [
    "ABOUT", "BLOCK_BITS", "DEFAULT_CAP", "EXPORTING", "FOLDING", "NOTE_OF_EXPORTER", "Auxiliary", "Cursor",
    "DirectoryStore", "Entry", "MemoryStore", "Producer", "Recorder", "Store", "Tallies", "Tally", "acknowledged",
    "adopt", "folded_below", "is_heir", "keys_of", "make_directory", "of_the_host", "producers", "quarantine",
    "quarantined", "sequence_of", "tallies", "tallies_before",
]  # fmt: skip

_PARTS = {
    "adopting": ("adopt",),
    "counts.counting": ("BLOCK_BITS", "Tallies", "Tally"),
    "counts.notes": ("folded_below",),
    "storing.directory": ("DirectoryStore",),
    "storing.disk": ("make_directory",),
    "folding": ("NOTE_OF_EXPORTER", "acknowledged"),
    "interrupts": ("of_the_host",),
    "storing.memory": ("MemoryStore",),
    "quarantining": ("quarantine", "quarantined"),
    "reading": ("Producer", "is_heir", "producers"),
    "recorder": ("Recorder",),
    "room": ("DEFAULT_CAP",),
    "scanning": ("Auxiliary", "Cursor", "Entry", "sequence_of"),
    "storing.store": ("ABOUT", "EXPORTING", "FOLDING", "Store"),
    "tallying": ("keys_of", "tallies", "tallies_before"),
}


def __getattr__(name: str) -> Any:
    for part, names in _PARTS.items():
        if name in names:
            found = globals()[name] = getattr(import_module(f"{__name__}.{part}"), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
