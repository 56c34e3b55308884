"""Rows that a generator hands out: whoever takes a step holds what the generator has read, in whatever work that is."""

from typing import cast

from privacylib.context.frames import Frame
from privacylib.context.reads import ReadSet
from privacylib.context.state import frame_now, is_unseen
from privacylib.model import Kind
from privacylib.runtime.decorated import Read
from privacylib.runtime.hot import Handle, into_open_writes
from privacylib.runtime.known import Site

__all__ = ["hand_out", "into"]


def into(read: object) -> ReadSet | None:
    """Return what took in what was read; None where nothing is handed out that would have to be known elsewhere.

    Args:
        read: What stands for the operation around a generator.
    """
    found = _told(read)
    return None if found is None or found[0].kind is not Kind.READ else found[1].scope.reads


def hand_out(read: object) -> None:
    """Let the consumer of a step hold what was read, as the scope does in which the first step was taken.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from.
    """
    found, here = _told(read), frame_now()
    reads = here.scope.reads
    if found is None or reads is found[1].scope.reads or is_unseen(here):
        return
    site, begun, link = found
    known = reads.visible().members
    if new := tuple(source for source in site.sources if source not in known):
        into_open_writes(here, new)
        for source in new:
            reads.add(source, (begun.scope.key, link))


def _told(read: object) -> tuple[Site, Frame, int] | None:
    if isinstance(read, Handle):
        return read.site, read.frame, read.link
    if isinstance(read, tuple):  # a plain one
        site, frame, _, link, _ = cast("Read", read)
        return site, frame, link
    return None
