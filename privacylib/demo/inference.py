"""The inference service: finds the intent of a text with the trained model, and the reply to it."""

import asyncio
from pathlib import Path

import privacylib
from privacylib.demo import rpc
from privacylib.demo.classifier import Classifier
from privacylib.demo.places import ANSWER, CHECKPOINT, POLICY, arguments
from privacylib.demo.replies import REPLIES

__all__ = ["Inference", "load"]


class Inference:
    """Answer texts.

    Args:
        classifier: Tells the intent of a text.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    async def answer(self, request: rpc.Message) -> rpc.Message:
        """Answer ``Answer``: intent and reply for a text."""
        intent = self._classifier.intent(request["text"])
        return {"intent": intent, "answer": REPLIES[intent]}


@privacylib.zone(purpose="assistant.reply")
@privacylib.reads(CHECKPOINT)
def load(path: Path) -> Classifier:
    """Load a checkpoint. The policy marks it as resident, so every answer depends on it.

    Args:
        path: The file that the training job wrote.
    """
    return Classifier.load(path)


async def main() -> None:
    """Serve on a free loopback port until the demo ends."""
    places, _ = arguments("the inference service")
    privacylib.init(service="inference", policy=POLICY, mode="enforce")
    await rpc.serve(ANSWER, Inference(load(places.checkpoint)).answer)


if __name__ == "__main__":
    asyncio.run(main())
