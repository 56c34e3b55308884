"""The policy file as classes. The loader and the JSON Schema are derived from them.

A trailing underscore is dropped to get the key in the file (``from_`` is ``from``). What a key
means stands in its metadata: a description, the form of its texts (``privacylib.policy.forms``)
and how many it needs.
"""

import datetime
from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from privacylib.model.decision import Mode

__all__ = [
    "Allow", "Annotated", "Ingress", "Key", "Label", "Naming", "Policy", "Purpose",
    "Reclassification", "Requirement", "Trust", "Zoned", "key",
]  # fmt: skip

IngressRule = Literal["accept", "require", "strip"]


def key(description: str, *, form: str = "", keys: str = "", least: int = 0, **options: Any) -> Any:
    """Declare a key of the policy file.

    Args:
        description: What editors show.
        form: The form of the texts in its value.
        keys: The form of the keys of its value.
        least: How many its value has at least.
        options: Options of ``attrs.field``; a key that is added to a class needs its ``type`` and a default.
    """
    metadata = {"description": description, "form": form, "keys": keys, "least": least}
    return field(kw_only=True, metadata=metadata, **options)


@frozen
class Label:
    """What data is."""

    why: str = key("why the label exists", default="")
    same_as: str = key("the same idea in a public vocabulary, as a compact IRI", default="")


@frozen
class Purpose:
    """Why work is done."""

    why: str = key("what the purpose covers", default="")


@frozen
class Annotated:
    """Annotations of the assets that a pattern matches."""

    match: str = key("pattern of asset URIs; `*` stops at `/`, `**` does not, `[*]` is a star", form="pattern")
    labels: frozenset[str] | None = key("labels of the asset; [] for none", form="label", default=None)
    fields: Mapping[str, frozenset[str]] | None = key(
        "labels per field, replacing the asset's", form="label", keys="field", default=None
    )
    region: str | None = key("where the data lies", form="region", default=None)
    retention: str | None = key("how long it is kept: a number and s, m, h, d, w or y", form="retention", default=None)
    resident: bool | None = key("whether its reads belong to the whole process", default=None)
    record: Literal["always", "never"] | None = key(
        "always (the default), or never: operations on it are decided, and recorded only where a rule is broken or "
        "lineage is mandatory",
        default=None,
    )
    feeds: tuple[str, ...] | None = key(
        "for `logging://SERVICE/LOGGER`: the tables that what is logged there is loaded into",
        form="asset",
        least=1,
        default=None,
    )


@frozen
class Zoned:
    """A zone for what is served, or around a command (``command://SERVICE``), without touching code."""

    match: str = key("pattern of the URIs that the service serves, or `command://SERVICE`", form="pattern")
    purpose: str = key("why the work is done", form="purpose")
    labels: frozenset[str] | None = key("labels admitted; left out: all", form="label", default=None)


@frozen
class Allow:
    """What a requirement permits; a key left out permits everything."""

    purposes: frozenset[str] | None = key("purposes permitted, with all beneath them", form="purpose", default=None)
    regions: frozenset[str] | None = key("regions permitted for the sink", form="region", least=1, default=None)
    retention: str | None = key("how long a sink may keep it at most", form="retention", default=None)
    destinations: frozenset[str] | None = key("patterns of the sinks permitted", form="pattern", default=None)


@frozen
class Requirement:
    """A rule on labels."""

    id: str = key("name of the rule in decisions, spans and reports", form="id")
    applies_to: frozenset[str] = key("labels it applies to, with all beneath them", form="label", least=1)
    allow: Allow = key("what it permits")
    mode: Mode = key("observe, simulate or enforce", default=Mode.OBSERVE)
    lineage: Literal["best-effort", "mandatory"] = key(
        "whether a record that cannot be kept denies", default="best-effort"
    )
    uncovered: Literal["report", "deny"] = key(
        "deny: files, connections, databases and programs that no recorded operation explains are refused to work that "
        "holds such data, or whose zone admits it by name",
        default="report",
    )
    indirect: bool = key(
        "whether data counts that only decides on what is written (a condition, a grouping or an order in SQL)",
        default=False,
    )
    why: str = key("the reason people are given", default="")


@frozen
class Reclassification:
    """A reviewed lowering of labels on one flow."""

    from_: frozenset[str] = key("labels that are lowered", form="label", least=1)
    to: frozenset[str] = key("labels that replace them; [] for none", form="label")
    sink: str = key("pattern of the sink's URI", form="pattern")
    fields: frozenset[str] | None = key(
        "fields of the sink it holds for; left out: all", form="field", least=1, default=None
    )
    transform: str = key("the function, as module:qualname", form="callable")
    fingerprint: str | None = key(
        "what `privacylib policy fingerprint` gave at the review; an entry without one does not count under enforce",
        form="fingerprint",
        default=None,
    )
    reason: str = key("why the result may carry less", form="text")
    reviewer: str = key("who reviewed it", form="text")
    expires: datetime.date = key("last day on which it counts")


@frozen
class Naming:
    """A template for names that a pattern matches."""

    match: str = key("pattern of asset URIs", form="pattern")
    as_: str = key("the name to keep instead, with {…} for what varies", form="template")


@frozen
class Ingress:
    """What to do with context that a peer presents."""

    peer: str = key("pattern of the peer's name or address", form="text")
    rule: IngressRule = key("accept, require or strip")


@frozen
class Key:
    """A signing key."""

    id: str = key("name of the key on the wire, 1 to 16 letters or digits", form="key id")
    env: str | None = key("environment variable that holds it", form="variable", default=None)
    file: str | None = key("file that holds it", form="text", default=None)


@frozen
class Trust:
    """Whom context is taken from and sent to."""

    ingress: IngressRule | tuple[Ingress, ...] = key(
        "one rule for all peers, or a list, first match wins", default="accept"
    )
    egress: tuple[str, ...] | None = key(
        "endpoints that carry our context; default: loopback and unix sockets", form="pattern", default=None
    )
    served: Mapping[str, frozenset[str]] = key(
        "hosts, and gRPC services, that callers address each service by, under the service's name; left out: whatever "
        "a request says in `Host`",
        form="host",
        keys="text",
        factory=dict,
    )
    forwards: frozenset[str] = key(
        "hosts, and gRPC services, that know nothing of privacylib and pass contexts on that were made for them",
        form="host",
        default=frozenset(),
    )
    keys: tuple[Key, ...] = key("signing keys: the first signs, all verify", default=())


@frozen
class Policy:
    """A whole policy file."""

    version: Literal[1] = key("version of the format", default=1)
    labels: Mapping[str, Label] = key("what data is", keys="name", factory=dict)
    purposes: Mapping[str, Purpose] = key("why work is done; dotted", keys="name", factory=dict)
    assets: tuple[Annotated, ...] = key("annotations; per key the first match from the top", default=())
    zones: tuple[Zoned, ...] = key("zones without touching code", default=())
    requirements: tuple[Requirement, ...] = key("rules on labels; all that apply must pass", default=())
    reclassifications: tuple[Reclassification, ...] = key("reviewed lowering of labels", default=())
    naming: tuple[Naming, ...] = key("own templates for names", default=())
    trust: Trust = key("whom context is taken from and sent to", factory=Trust)
