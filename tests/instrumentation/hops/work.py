"""The work that the tests of the hops hand on: it reads people, and writes where their data may not go."""

import privacylib
from privacylib.testing import Capture

PEOPLE = "postgres://db/app.public.people"
CLICKS = "postgres://db/app.public.clicks"
OPEN = "file:///var/open.log"
CLOSED = "file:///var/closed.log"

POLICY = """
version: 1
labels: {CONTACT: {}, CLICK: {}}
purposes: {reply: {}, ads: {}}
assets:
  - {match: "postgres://db/app.public.people", labels: [CONTACT]}
  - {match: "postgres://db/app.public.clicks", labels: [CLICK]}
  - {match: "file:///var/open.log", labels: [CONTACT, CLICK]}
  - {match: "file:///var/closed.log", labels: []}
requirements:
  - {id: no-ads, applies_to: [CONTACT, CLICK], allow: {purposes: [reply]}, mode: enforce}
"""


@privacylib.reads(PEOPLE)
def people() -> list[str]:
    return ["ada"]


@privacylib.reads(CLICKS)
def clicks() -> list[str]:
    return ["c"]


@privacylib.writes(OPEN)
def write_open() -> None:
    """Write where everything may go."""


@privacylib.writes(CLOSED)
def write_closed() -> None:
    """Write where nothing labelled may go."""


def behind(seen: Capture, sink: str = OPEN) -> list[tuple[str, ...]]:
    """Return the sources of each write to `sink`, in order."""
    return [write.sources for write in seen.of("WRITE", sink)]


def purposes(seen: Capture, sink: str = OPEN) -> list[tuple[str, ...]]:
    """Return the purposes around each write to `sink`, in order."""
    return [write.purposes for write in seen.of("WRITE", sink)]
