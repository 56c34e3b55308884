"""The place of a worker that takes one item after the other from the same source."""

import weakref

from privacylib.context.frames import Entered, Frame, Scope
from privacylib.context.state import reference, runner, runner_id
from privacylib.model import Zone

__all__ = ["Desk"]


class Desk(Entered):
    """The frame of a worker's loop while it has an item in hand.

    Args:
        source: What the item came from: a queue, a consumer.
        scope: What is done with the item.
        zone: The zones around that.
        outer: The frame of the loop.
        within: The frame of the innermost declared body around the loop.
    """

    __slots__ = ("source", "worker")

    def __init__(self, source: object, scope: Scope, zone: Zone, outer: Frame | None, within: Frame | None) -> None:
        super().__init__(scope, zone, outer, within)
        scope.by, self.step = runner_id(), None
        self.source = weakref.ref(source)
        self.worker = reference(runner())

    def is_of(self, source: object) -> bool:
        """Return whether it is the running worker's, with an item of this source in hand."""
        return self.source() is source and self.worker() == runner()
