"""Recorded flows under another policy, without the application."""

from privacylib.replay.deciding import Judge
from privacylib.replay.replaying import Change, Replay, replay

__all__ = ["Change", "Judge", "Replay", "replay"]
