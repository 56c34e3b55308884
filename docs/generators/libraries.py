"""The reference of the libraries that are seen without a change of code, from their tables."""

import importlib
from collections.abc import Iterator

from privacylib.instrumentation.table import Integration, Patch
from privacylib.integrations import integrations

__all__ = ["libraries"]


def libraries() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from ("# Libraries seen without a change of code", "")
    yield "`privacylib run` and `init(instrument=True)` patch what is listed here. `init(instrument=[...])` takes"
    yield from ("some of the names.", "")
    yield from ("Each name is one table in `privacylib/integrations/`, and what is patched is what the table says.", "")
    yield from ("| name | what is seen | package |", "|---|---|---|")
    known = integrations()
    yield from (f"| `{one.name}` | {said(one)} | {package(one)} |" for one in known)
    yield ""
    for one in known:
        yield from (f"## {one.name}", "", "Patched:", "")
        yield from (f"- `{patch.target.replace(':', '.')}`{here(patch)}" for patch in one.patches)
        yield ""


def here(patch: Patch) -> str:
    """Return in which versions of Python the target is; empty for all."""
    return "" if patch.until is None else ", before Python {}.{}".format(*patch.until)


def said(one: Integration) -> str:
    """Return what the integration's module says first."""
    documented = importlib.import_module(f"privacylib.integrations.{one.name}").__doc__ or ""
    return documented.partition("\n")[0].rstrip(".")


def package(one: Integration) -> str:
    """Return the distribution and its versions."""
    if one.distribution is None:
        return ""
    low, high = one.versions
    return " ".join(filter(None, (f"`{one.distribution}`", low and f"from {low}", high and f"below {high}")))
