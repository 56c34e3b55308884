"""Start privacylib before a program's first line.

``privacylib run`` puts the directory of this file on ``PYTHONPATH``; the interpreter then imports it
by its name (see the `site` module of the standard library), in child processes too. It takes itself
out of the way, so that a ``sitecustomize`` of the host's own runs as it would.
"""

import os
import sys


def _step_aside() -> None:
    """Leave `sys.path` as it would be, and import the host's own ``sitecustomize``."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is not imported for nothing here
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100 - likewise
    del sys.modules["sitecustomize"]
    try:
        import sitecustomize  # noqa: F401  # pyright: ignore[reportUnusedImport] - for what it does
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = _self


def _start() -> None:
    try:
        import privacylib
    except ModuleNotFoundError as error:
        if error.name != "privacylib":
            raise
        _not_here()
        return
    privacylib.init()


def _not_here() -> None:
    """Tell of an interpreter of another environment, where nothing can be seen."""
    problem = f"it is not installed for {sys.executable}; run it from the program's own environment"
    if os.environ.get("PRIVACYLIB_MODE", "").lower() == "enforce":
        raise RuntimeError(problem)
    if os.environ.get("PRIVACYLIB_RUN") == str(os.getpid()):  # the program itself, and no tool that it calls
        print(f"privacylib: {problem}; the program runs unobserved", file=sys.stderr, flush=True)


_self = sys.modules["sitecustomize"]
_step_aside()
try:
    _start()
except Exception as error:  # noqa: BLE001 - never break the host
    # But what was to be enforced must not run unprotected.
    if os.environ.get("PRIVACYLIB_MODE", "").lower() == "enforce":
        print(f"privacylib: {error}; nothing was run, because the mode is enforce", file=sys.stderr, flush=True)
        os._exit(78)  # EX_CONFIG of sysexits.h
    print(f"privacylib: {error}; the program runs unobserved", file=sys.stderr, flush=True)
