"""What privacylib was told, and the snapshot that follows from it."""

from privacylib.config.settings import Settings, mode_named, settings
from privacylib.config.snapshot import Snapshot

__all__ = ["Settings", "Snapshot", "mode_named", "settings"]
