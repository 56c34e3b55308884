"""The lineage graph over everything that was recorded."""

from privacylib.graph.breaches import Breach, breach_id, breaches
from privacylib.graph.explaining import Explained, Reasons, Way
from privacylib.graph.graph import Graph, Path, load
from privacylib.graph.rows import Denied, Edge, moment

__all__ = [
    "Breach",
    "Denied",
    "Edge",
    "Explained",
    "Graph",
    "Path",
    "Reasons",
    "Way",
    "breach_id",
    "breaches",
    "load",
    "moment",
]
