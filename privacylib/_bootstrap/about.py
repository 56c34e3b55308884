"""Leave a note beside a process's records of what it runs on and what it sees, for `privacylib doctor`."""

import functools
import importlib.metadata
import json
import sys
from contextlib import suppress
from typing import Any

from privacylib import coverage
from privacylib.config import Settings
from privacylib.context import UNSEEN, Stage
from privacylib.instrumentation import patching
from privacylib.recorder import ABOUT, Store
from privacylib.runtime import faults, hot

__all__ = ["own_version", "tell_about"]


def tell_about(store: Store, asked: Settings | None) -> None:
    """Write the note; raises nothing but what a signal handler of the host does.

    Args:
        store: Of the process.
        asked: Its settings.
    """
    try:
        with Stage(UNSEEN):
            store.keep(ABOUT, json.dumps(_facts(asked)).encode())
    except Exception as error:  # an error of ours must not become the host's
        if faults.by_the_host(error):
            raise
        with suppress(Exception):
            faults.swallowed("telling what is seen", error)


def _facts(asked: Settings | None) -> dict[str, Any]:
    return {
        "python": f"{sys.implementation.name} {sys.version.split()[0]}",
        "privacylib": own_version(),
        "form": "pure" if str(hot.__file__).endswith(".py") else "compiled",
        "mode": asked.mode.name.lower() if asked else None,
        "cap": asked.spool_max if asked else None,
        "instrument": None if asked is None else sorted(asked.instrument) if asked.instrument is not None else ["all"],
        "covered": dict(patching.covered),
        "uncovered": dict(patching.uncovered),
        "account": coverage.kept(),
        "unaudited": coverage.loaded(),
    }


@functools.cache
def own_version() -> str | None:
    """Return the version of this library.

    `init` asks first: what is recorded may be interrupted by a signal, whose error the search would swallow.
    """
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("privacylib")
    return None
