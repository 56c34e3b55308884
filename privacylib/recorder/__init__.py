"""The recorder: what happened, kept by the operating system, and how to read it again."""

from privacylib.recorder.recorder import Recorder
from privacylib.recorder.store import DirectoryStore, MemoryStore, Store

__all__ = ["DirectoryStore", "MemoryStore", "Recorder", "Store"]
