"""The lineage graph over everything that was recorded."""

from privacylib.graph.breaches import Breach, breaches
from privacylib.graph.graph import Graph, Path, load
from privacylib.graph.rows import Denied, Edge, moment

__all__ = ["Breach", "Denied", "Edge", "Graph", "Path", "breaches", "load", "moment"]
