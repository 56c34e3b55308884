"""The recorder: what happened, kept by the operating system, and how to read it again."""

from privacylib.recorder.adopting import adopt
from privacylib.recorder.counting import BLOCK_BITS, Tallies, Tally
from privacylib.recorder.directory import DirectoryStore
from privacylib.recorder.folding import NOTE_OF_EXPORTER
from privacylib.recorder.memory import MemoryStore
from privacylib.recorder.reading import Producer, producers
from privacylib.recorder.recorder import Recorder
from privacylib.recorder.room import DEFAULT_CAP
from privacylib.recorder.scanning import Cursor
from privacylib.recorder.store import Store
from privacylib.recorder.tallying import keys_of, tallies

__all__ = [
    "BLOCK_BITS", "DEFAULT_CAP", "NOTE_OF_EXPORTER", "Cursor", "DirectoryStore", "MemoryStore", "Producer", "Recorder",
    "Store", "Tallies", "Tally", "adopt", "keys_of", "producers", "tallies",
]  # fmt: skip
