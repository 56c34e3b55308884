"""The nearest change that would allow a flow, as a fragment of a policy file."""

from collections.abc import Iterable

from privacylib.model import Zone
from privacylib.model.policy import Requirement

__all__ = ["admit", "annotate", "open_zone", "permit", "place"]


def annotate(asset: str, labels: Iterable[str]) -> str:
    """Annotate the sink for what flows into it."""
    return f"assets:\n  - match: {_quoted(asset)}\n    labels: {_listed(labels)}\n"


def place(asset: str, region: str) -> str:
    """Say where the sink lies."""
    return f"assets:\n  - match: {_quoted(asset)}\n    region: {region}\n"


def admit(asset: str, zone: Zone, labels: Iterable[str]) -> str:
    """Admit the labels in a zone for the same purpose."""
    return _zone(asset, zone.purposes[-1] if zone.purposes else "PURPOSE", (zone.admitted or frozenset()) | set(labels))


def open_zone(asset: str, labels: Iterable[str]) -> str:
    """Do the work inside a zone."""
    return _zone(asset, "PURPOSE", labels)


def permit(requirement: Requirement, purposes: Iterable[str] = (), regions: Iterable[str] = ()) -> str:
    """Let a requirement permit more."""
    allow = requirement.allow
    lines = [
        f"requirements:\n  - id: {requirement.id}\n    applies_to: {_listed(requirement.applies_to)}\n    allow:\n"
    ]
    if allow.purposes is not None:
        lines.append(f"      purposes: {_listed({*allow.purposes, *purposes})}\n")
    if allow.regions is not None:
        lines.append(f"      regions: {_listed({*allow.regions, *regions})}\n")
    lines.append(f"    mode: {requirement.mode.name.lower()}\n")
    return "".join(lines)


def _zone(asset: str, purpose: str, labels: Iterable[str]) -> str:
    around = f"zones:  # around the work that reads {asset}\n"
    return f'{around}  - match: "**"\n    purpose: {purpose}\n    labels: {_listed(labels)}\n'


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(sorted(names))}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
