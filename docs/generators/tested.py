"""Versions of libraries that the tests were last run with, kept in a file: ``python docs/generate.py --tested``."""

import json
import re
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from privacylib.integrations import integrations, own

__all__ = ["modules", "take", "tested"]

KEPT = Path(__file__).with_name("tested.json")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def tested() -> dict[str, str]:
    """Return the versions that were kept, by distribution; see `take`."""
    known: dict[str, str] = json.loads(KEPT.read_text())["versions"]
    return known


def modules() -> dict[str, str]:
    """Return the distributions of the modules that integrations patch."""
    known: dict[str, str] = json.loads(KEPT.read_text())["modules"]
    return known


def take() -> None:
    """Keep the versions that are installed here of what integrations patch and of what the tests need.

    One that is not here stays as it was.
    """
    import tomllib

    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"modules": {}, "versions": {}}
    patched = {patch.module.partition(".")[0] for table in integrations(own()) for patch in table.patches}
    found = metadata.packages_distributions()
    kept["modules"] |= {name: found[name][0] for name in patched - sys.stdlib_module_names if name in found}
    project = tomllib.loads((KEPT.parents[2] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needed = [_REQUIREMENT.match(text) for name in ("test", "demo", "integrations") for text in extras[name]]
    for name in {*kept["modules"].values(), *(match[0] for match in needed if match)}:
        with suppress(metadata.PackageNotFoundError):
            kept["versions"][name] = metadata.version(name)
    text = json.dumps({key: dict(sorted(kept[key].items())) for key in ("modules", "versions")}, indent=2)
    KEPT.write_text(text + "\n")
