"""Names an entry point for each integration, so that ``opentelemetry-instrument`` finds them; no list is kept."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class EntryPoints(MetadataHookInterface):
    """Add the instrumentors to the package's metadata."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Name one for each module of integrations."""
        modules = sorted(path.stem for path in Path(self.root, "privacylib", "integrations").glob("[!_]*.py"))
        instrumentors = {f"privacylib_{name}": f"privacylib.instrumentors:{name}" for name in modules}
        metadata["entry-points"] = {"opentelemetry_instrumentor": instrumentors}
