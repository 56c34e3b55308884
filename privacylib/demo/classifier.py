"""The intent classifier: words and pairs of words, weighed, and a linear support vector machine."""

# scikit-learn and joblib come without types; this file gives them theirs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from pathlib import Path
from typing import Any

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

__all__ = ["Classifier"]


class Classifier:
    """Tell the intent of a text.

    Args:
        pipeline: A fitted scikit-learn pipeline.
    """

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    @classmethod
    def fitted(cls, texts: list[str], intents: list[str]) -> "Classifier":
        """Return a classifier that was trained on examples: texts, and the intent of each."""
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        return cls(make_pipeline(words, LinearSVC(random_state=0)).fit(texts, intents))

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """Return the classifier that `save` has written."""
        return cls(joblib.load(path))

    def save(self, path: Path) -> None:
        """Write it to a file."""
        joblib.dump(self._pipeline, path)

    def intent(self, text: str) -> str:
        """Return the intent of a text."""
        return str(self._pipeline.predict([text])[0])
