"""The recorder: what happened, kept by the operating system, and how to read it again."""

from privacylib.recorder.reading import Producer, producers
from privacylib.recorder.recorder import Recorder
from privacylib.recorder.scanning import Cursor
from privacylib.recorder.store import DirectoryStore, MemoryStore, Store
from privacylib.recorder.tallies import Tallies, Tally, tallies

__all__ = [
    "Cursor", "DirectoryStore", "MemoryStore", "Producer", "Recorder", "Store", "Tallies", "Tally",
    "producers", "tallies",
]  # fmt: skip
