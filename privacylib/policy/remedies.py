"""The nearest change that would allow a flow, as a fragment of a policy file."""

import re
from collections.abc import Iterable

from privacylib.model import Zone
from privacylib.model.policy import Requirement

__all__ = ["admit", "annotate", "open_zone", "permit", "place", "present"]

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def annotate(asset: str, labels: Iterable[str]) -> str:
    """Annotate the sink for what flows into it."""
    return f"assets:\n  - match: {_quoted(asset)}\n    labels: {_listed(labels)}\n"


def place(asset: str, region: str) -> str:
    """Say where the sink lies."""
    return f"assets:\n  - match: {_quoted(asset)}\n    region: {_name(region)}\n"


def admit(asset: str, zone: Zone, labels: Iterable[str]) -> str:
    """Admit the labels in a zone for the same purpose."""
    return _zone(asset, zone.purposes[-1] if zone.purposes else "PURPOSE", (zone.admitted or frozenset()) | set(labels))


def open_zone(asset: str, labels: Iterable[str], purposes: Iterable[str] = ()) -> str:
    """Do the work inside a zone, for one of the purposes that are permitted."""
    return _zone(asset, min(purposes, default="PURPOSE"), labels)


def present(reason: str) -> str:
    """Let whoever brings the work present a context that can be believed; no policy makes up for it."""
    return f"# have the caller present a context that can be believed; this one was not: {reason}\n"


def permit(requirement: Requirement, purposes: Iterable[str] = (), regions: Iterable[str] = ()) -> str:
    """Let a requirement permit more."""
    allow = requirement.allow
    lines = ["requirements:\n"]
    lines.append(f"  - id: {_name(requirement.id)}\n    applies_to: {_listed(requirement.applies_to)}\n    allow:\n")
    if allow.purposes is not None:
        lines.append(f"      purposes: {_listed({*allow.purposes, *purposes})}\n")
    if allow.regions is not None:
        lines.append(f"      regions: {_listed({*allow.regions, *regions})}\n")
    lines.append(f"    mode: {requirement.mode.name.lower()}\n")
    if requirement.lineage != "best-effort":
        lines.append(f"    lineage: {requirement.lineage}\n")
    if requirement.why:
        lines.append(f"    why: {_quoted(requirement.why)}\n")
    return "".join(lines)


def _zone(asset: str, purpose: str, labels: Iterable[str]) -> str:
    around = f"zones:  # around the work on {asset}\n"
    return f'{around}  - match: "**"\n    purpose: {_name(purpose)}\n    labels: {_listed(labels)}\n'


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(_name(name) for name in sorted(names))}]"


def _name(name: str) -> str:
    """Quote a name that YAML would read as something else, such as ``no`` or ``2027``."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
