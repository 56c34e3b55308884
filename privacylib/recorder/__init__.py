"""The recorder: what happened, kept by the operating system, and how to read it again."""

from privacylib.recorder.adopting import adopt
from privacylib.recorder.counting import Tallies, Tally
from privacylib.recorder.directory import DirectoryStore
from privacylib.recorder.folding import NOTE_OF_EXPORTER
from privacylib.recorder.memory import MemoryStore
from privacylib.recorder.reading import Producer, producers
from privacylib.recorder.recorder import Recorder
from privacylib.recorder.room import DEFAULT_CAP
from privacylib.recorder.scanning import Cursor
from privacylib.recorder.store import Store
from privacylib.recorder.tallies import tallies

__all__ = [
    "DEFAULT_CAP", "NOTE_OF_EXPORTER", "Cursor", "DirectoryStore", "MemoryStore", "Producer", "Recorder", "Store",
    "Tallies", "Tally", "adopt", "producers", "tallies",
]  # fmt: skip
