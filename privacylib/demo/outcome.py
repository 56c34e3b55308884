"""What the story comes to: the graph, the refusals, the accuracy, and the way from a question to its answer."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, frozen

from privacylib import graph
from privacylib.demo.places import ANSWER, ASK, CHECKPOINT, INTERACTIONS, LOG, MEMBERS, POLICY, TRAINING_SET
from privacylib.demo.processes import DemoError
from privacylib.model.policy import Policy
from privacylib.policy.loading import load
from privacylib.replay import Replay, replay

__all__ = ["EMAIL", "Outcome", "read_outcome"]

EMAIL = f"{MEMBERS}#email"

_WAY = (
    f"{ASK}#request", LOG, f"{INTERACTIONS}#text", f"{TRAINING_SET}#text", CHECKPOINT, f"{ANSWER}#response",
    f"{ASK}#response",
)  # fmt: skip
"""From what one wearer asks to what another is answered, by way of the model that learnt from the first."""


@frozen
class Outcome:
    """Hold what the story comes to.

    Args:
        edges: All edges of the graph.
        denied: What was refused.
        accuracy: Share of the test requests that were understood.
        path: The edges from a web request to a model's answer.
        replayed: What would change if models were not to learn from what wearers ask.
        explained: What was refused, each with the way on which the data came there.
        spool: Where all this is kept.
        email: Where the e-mail addresses of the warehouse's users went.
    """

    edges: tuple[graph.Edge, ...]
    denied: tuple[graph.Denied, ...]
    accuracy: float
    path: tuple[graph.Edge, ...]
    replayed: Replay
    explained: tuple[tuple[graph.Breach, graph.Way], ...]
    spool: Path
    email: tuple[str, ...]

    @property
    def services(self) -> list[str]:
        """Return the names of all services and jobs that were seen."""
        return sorted({row.service for row in (*self.edges, *self.denied)})

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return {
            "edges": [edge.members() for edge in self.edges],
            "denied": [row.members() for row in self.denied],
            "accuracy": self.accuracy,
            "services": self.services,
            "path": [edge.members() for edge in self.path],
            "replay": self.replayed.members(),
            "email": list(self.email),
            "explain": [row.members() | {"way": asdict(way)} for row, way in self.explained],
        }


def read_outcome(spool: Path, accuracy: float) -> Outcome:
    """Read the graph from the spool.

    Args:
        spool: The spool that all processes of the story wrote to.
        accuracy: Share of the test requests that were understood.

    Raises:
        DemoError: A step of the way from request to answer is missing.
    """
    found, reasons = graph.load([spool]), graph.Reasons([spool])
    denied = tuple(found.denied())
    rows = (row for asset in dict.fromkeys(each.asset for each in denied) for row in reasons.breaches(asset))
    return Outcome(
        tuple(found.edges()), denied, accuracy, tuple(_path(found, _WAY)), replay([spool], _without_training()),
        tuple((row, reasons.way(row)) for row in rows), spool, tuple(found.downstream(EMAIL)),
    )  # fmt: skip


def _without_training() -> Policy:
    """Return the policy with a rule that lets no model learn from what wearers ask."""
    policy = load(POLICY)
    changed = [
        evolve(rule, allow=evolve(rule.allow, purposes=(rule.allow.purposes or frozenset()) - {"train"}))
        for rule in policy.requirements
    ]
    return evolve(policy, requirements=tuple(changed))


def _path(found: graph.Graph, way: Sequence[str]) -> list[graph.Edge]:
    steps: list[graph.Edge] = []
    for source, sink in pairwise(way):
        part = found.path(source, sink)
        if part is None:
            raise DemoError(f"the graph has no path from {source} to {sink}")
        steps.extend(part.steps)
    return steps
