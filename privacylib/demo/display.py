"""What the person at the terminal sees while the story goes on."""

import contextlib
import time
from collections.abc import Generator
from typing import TextIO

__all__ = ["Display", "Stage"]

_REDRAW = 0.1
"""Seconds between two drawings of the same line."""


class Stage:
    """One stage while it runs.

    Args:
        display: Where it is shown.
        title: What happens.
    """

    def __init__(self, display: "Display", title: str) -> None:
        self.title = title
        self.note = ""
        self._display = display
        self._began = time.monotonic()
        self._drawn = 0.0

    def progress(self, done: int, total: int) -> None:
        """Show how far the stage is."""
        now = time.monotonic()
        if done == total or now - self._drawn >= _REDRAW:
            self._drawn = now
            self._display.draw(f"{self.title} ({done}/{total})")

    @property
    def seconds(self) -> float:
        """Return how long the stage has run."""
        return time.monotonic() - self._began


class Display:
    """Show stages: on a terminal with a tick that replaces the running line, elsewhere one plain line each.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lively = stream.isatty()
        unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._tick, self._cross, self._dot = ("✓", "✗", "·") if unicode else ("ok", "failed", "..")

    @contextlib.contextmanager
    def stage(self, title: str) -> Generator[Stage, None, None]:
        """Show a stage from its beginning to its end; its `note` is shown with the tick."""
        stage = Stage(self, title)
        self.draw(title)
        try:
            yield stage
        except BaseException:
            self._finish(f"{self._cross} {title}")
            raise
        note = f": {stage.note}" if stage.note else ""
        self._finish(f"{self._tick} {title}{note}  [{stage.seconds:.1f} s]")

    def draw(self, text: str) -> None:
        """Show what is running, on a terminal only."""
        if self._lively:
            self._write(f"\r\x1b[K{self._dot} {text}")

    def say(self, text: str) -> None:
        """Write a line."""
        self._write(f"{text}\n")

    def _finish(self, line: str) -> None:
        self._write(f"\r\x1b[K{line}\n" if self._lively else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
