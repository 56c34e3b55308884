"""The zone of a training job."""

from collections.abc import Iterable

from attrs import evolve

from privacylib.context import Frame
from privacylib.decorators import Block
from privacylib.decorators.arguments import dotted, names
from privacylib.decorators.sites import called_from
from privacylib.model import Evidence, Kind, Operation
from privacylib.naming import asset as named
from privacylib.runtime import Site, ZoneStep, exit_frame, faults, into_open_writes, site_now
from privacylib.training.gating import gate

__all__ = ["job"]


def job(name: str, purpose: str, inputs: Iterable[str] = ()) -> Block:
    """Open the zone of a training job. What it reads inside flows into the checkpoint that it writes.

    Args:
        name: What the job is called, for people.
        purpose: What is trained, dotted.
        inputs: URIs of the assets that it is going to read, where they are known: they pass `gate` before the job
            starts, and count as read from then on, so that what a native loader reads is in the manifest too. What it
            reads beside them is judged when its `checkpoint` is written.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        AssetNameError: When it starts: a URI names no asset.
        PolicyDenied: When it starts: an enforced rule refuses an input.
        TypeError: The purpose is no text, or the inputs are one.
        ValueError: The purpose is no dotted name.
    """
    why, declared, site = dotted("purpose", purpose), names("inputs", inputs), called_from(1)
    step = ZoneStep(why, None, name)

    def start() -> Frame:
        if not declared:
            return step.enter()
        gate(declared, why)
        frame = step.enter()
        try:
            for uri in declared:
                held = site_now(Operation(Kind.READ, named(uri), site=site))
                if held is not None:
                    _hold(held, frame)
        except BaseException:
            exit_frame(frame)
            raise
        return frame

    return Block(start)


@faults.deciding
def _hold(site: Site, frame: Frame) -> None:
    """Let the job hold what it declares, seen or not; no read of it is recorded, for nobody saw one."""
    for source in site.sources:
        told = evolve(source, evidence=Evidence.DECLARED)
        into_open_writes(frame, (told,))
        frame.scope.reads.add(told, 0)
