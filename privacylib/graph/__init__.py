"""The lineage graph over everything that was recorded."""

from privacylib.graph.graph import Graph, Path, load
from privacylib.graph.rows import Denied, Edge

__all__ = ["Denied", "Edge", "Graph", "Path", "load"]
