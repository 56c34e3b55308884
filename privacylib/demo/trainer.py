"""The training job: learns intents from the training set and writes the checkpoint that inference serves."""

from pathlib import Path

import duckdb

import privacylib
from privacylib.demo.classifier import Classifier
from privacylib.demo.places import CHECKPOINT, POLICY, TRAINING_SET, arguments

__all__ = ["examples", "save"]


@privacylib.reads(TRAINING_SET)
def examples(warehouse: Path) -> tuple[list[str], list[str]]:
    """Return the texts to learn from, and the intent of each."""
    with duckdb.connect(warehouse, read_only=True) as database:
        rows = database.execute("SELECT text, intent FROM training_set").fetchall()
    return [text for text, _ in rows], [intent for _, intent in rows]


@privacylib.writes(CHECKPOINT)
def save(classifier: Classifier, path: Path) -> None:
    """Write the checkpoint."""
    classifier.save(path)


def main() -> None:
    """Run the job once."""
    places, _ = arguments("the training job")
    privacylib.init(service="trainer", policy=POLICY, mode="enforce")
    with privacylib.training.job("train-intent", purpose="train.intent"):
        privacylib.training.gate([TRAINING_SET], purpose="train.intent")
        texts, intents = examples(places.warehouse)
        save(Classifier.fitted(texts, intents), places.checkpoint)


if __name__ == "__main__":
    main()
