"""What a kind of requirement is: one key under ``allow`` and the rule that it stands for."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from attrs import frozen

from privacylib.labels import applies
from privacylib.model.policy import Requirement
from privacylib.policy.question import Question

__all__ = ["Broken", "Kind", "held", "listed"]


class Broken(NamedTuple):
    """Say what a requirement does not permit."""

    reason: str
    """One sentence for people, made of names only."""
    remedy: str
    """The nearest change that would permit it, as a fragment of a policy file; a comment where no policy helps."""


@frozen
class Kind:
    """Describe one kind of requirement. Kinds are independent: each judges by its own key alone.

    Args:
        key: Its key under ``allow``; a requirement without it permits everything of this kind.
        broken: Gives what a requirement does not permit. Must be pure: the answer is remembered by the question.
        allow: The key's field, made by `privacylib.model.policy.key`; None for the built-in kinds, whose
            keys stand in the classes of the policy file.
        asset: The field of the same key under ``assets``, by which the policy states a fact of an asset
            (`Question.says`), or None.
    """

    key: str
    broken: Callable[[Question, Requirement], Iterator[Broken]]
    allow: Any = None
    asset: Any = None


def held(question: Question, requirement: Requirement) -> str:
    """Name the labels of the data that a requirement applies to."""
    return listed(label for label in question.labels if any(applies(a, label) for a in requirement.applies_to))


def listed(names: Iterator[str] | frozenset[str] | tuple[str, ...]) -> str:
    """Return names in a row, sorted."""
    return ", ".join(sorted(names))
