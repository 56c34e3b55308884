"""The reference of the libraries that are seen without a change of code, from their tables."""

import importlib
from collections.abc import Iterator

from generators.tested import modules, tested

from privacylib.instrumentation.table import Integration, Target
from privacylib.integrations import integrations, own

__all__ = ["libraries"]


MANY_SERVERS = (
    "A replica set or a sharded cluster of MongoDB, and a cluster of Redis, is one place, whichever member answers:",
    "its members hold the same data, or a part each. It is named by the first, in the order of the alphabet, of the",
    "servers that the client was given, so their order does not matter. Clients that are given other members give",
    "it other names, and one graph of both has two places: give all of them one list (`mongodb+srv://` does so by",
    "itself).",
)

NOT_TESTED = (
    "- A replica set of MongoDB: a single server was there to test with.",
    "- The patches of `aiobotocore` do what those of `boto3` do. The tests run the latter alone, for both cannot be",
    "  installed in their newest versions; they were tried by hand with aiobotocore 3.10.0.",
    "- `numpy`, `joblib` and `pickle` have no integration of their own: `files` sees what opens their files.",
    "- Functions of the module `duckdb` before 2.0 that take a frame (`query_df`, `write_csv`, …) are not seen:",
    "  use a connection. Which database a relation writes to is not known, and its tables are opaque.",
)


def libraries() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from ("# Libraries seen without a change of code", "")
    yield "`privacylib run` and `init(instrument=True)` patch what is listed here. `init(instrument=[...])` takes"
    yield from ("some of the names.", "")
    yield from ("Each name is one table in `privacylib/integrations/`, and what is patched is what the table says.", "")
    yield from ("| name | what is seen | package | tested with |", "|---|---|---|---|")
    known = integrations(own())
    yield from (f"| `{one.name}` | {said(one)} | {package(one)} | {with_versions(one)} |" for one in known)
    yield from ("", "Packages add more: [how to](../how-to/add-an-integration.md).", "")
    listed = {name for one in known for name in brought(one)}
    others = (f"{name} {version}" for name, version in tested().items() if name not in listed)
    yield from ("Programs of the tests use these too, on top of what is patched or beside it:", "")
    yield from (f"- {other}" for other in others)
    yield from ("", *MANY_SERVERS)
    yield from ("", "Not seen, or not tested:", "", *NOT_TESTED, "")
    for one in known:
        yield from (f"## {one.name}", "", "Patched:", "")
        yield from (f"- `{patch.target.replace(':', '.')}`{here(patch, one)}" for patch in one.patches)
        yield ""


def here(patch: Target, one: Integration) -> str:
    """Return in which versions of Python and of the library the target is; empty for all."""
    low, high = patch.versions
    python = "" if patch.until is None else ", before Python {}.{}".format(*patch.until)
    since, before = (
        f", {word} {one.distribution} {text}" if text else "" for word, text in (("from", low), ("before", high))
    )
    return python + since + before


def said(one: Integration) -> str:
    """Return what the integration's module says first."""
    documented = importlib.import_module(f"privacylib.integrations.{one.name}").__doc__ or ""
    return documented.partition("\n")[0].rstrip(".")


def brought(one: Integration) -> list[str]:
    """Return the distributions of what an integration patches."""
    known = modules()
    names = [patch.module.partition(".")[0] for patch in one.patches]
    return sorted({known[name] for name in names if name in known})


def with_versions(one: Integration) -> str:
    """Return which versions it was tested with; the standard library's are those of Python itself."""
    versions = tested()
    found = [f"{name} {versions[name]}" for name in brought(one) if name in versions]
    return ", ".join(found)


def package(one: Integration) -> str:
    """Return the distribution and its versions."""
    if one.distribution is None:
        return ""
    low, high = one.versions
    return " ".join(filter(None, (f"`{one.distribution}`", low and f"from {low}", high and f"below {high}")))
