"""The zone of a training job."""

from collections.abc import Iterable

from privacylib.context import Frame
from privacylib.decorators import Block
from privacylib.decorators.arguments import dotted, names
from privacylib.runtime import ZoneStep
from privacylib.training.gating import gate

__all__ = ["job"]


def job(name: str, purpose: str, inputs: Iterable[str] = ()) -> Block:
    """Open the zone of a training job. What it reads inside flows into the checkpoint that it writes.

    Args:
        name: What the job is called, for people.
        purpose: What is trained, dotted.
        inputs: URIs of the assets that it is going to read, where they are known: they pass `gate` before the job
            starts. What it reads beside them is judged when its `checkpoint` is written.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        AssetNameError: When it starts: a URI names no asset.
        PolicyDenied: When it starts: an enforced rule refuses an input.
        TypeError: The purpose is no text, or the inputs are one.
        ValueError: The purpose is no dotted name.
    """
    why, declared = dotted("purpose", purpose), names("inputs", inputs)

    step = ZoneStep(why, None, name)

    def start() -> Frame:
        if declared:
            gate(declared, why)
        return step.enter()

    return Block(start)
