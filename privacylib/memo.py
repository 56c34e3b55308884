"""A table of what was worked out once: bounded by weight, emptied when it is full, and filled again on sight."""

from typing import TypeVar

__all__ = ["SMALL", "Memo"]

SMALL = 8
"""What an entry weighs beside the members that it keeps alive: some hundred bytes."""

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """Hold answers by question, up to some weight; a member weighs about 50 to 100 bytes.

    Args:
        room: The weight of all of them together.
    """

    __slots__ = ("_room", "_weight")

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room
        self._weight = 0

    def keep(self, question: K, answer: V, members: int = 0) -> V:
        """Keep an answer and return it.

        Args:
            question: What it answers.
            answer: The answer.
            members: How many things of their own it keeps alive.
        """
        self._weight += SMALL + members
        if self._weight > self._room:
            self.clear()
            self._weight = SMALL + members
        self[question] = answer
        return answer
