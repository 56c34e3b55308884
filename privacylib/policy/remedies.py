"""The nearest change that would allow a flow, as a fragment of a policy file."""

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any, cast

from attrs import evolve, fields, has

from privacylib.labels import uncovered
from privacylib.model import Mode, Zone
from privacylib.model.policy import Requirement
from privacylib.naming import escaped
from privacylib.policy.forms import FORMS

__all__ = ["admit", "annotate", "block", "keep", "open_zone", "permit", "place", "present", "reclassify"]

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def annotate(asset: str, labels: Iterable[str]) -> str:
    """Annotate the sink for what flows into it."""
    return f"assets:\n  - match: {_quoted(escaped(asset))}\n    labels: {_listed(labels)}\n"


def place(asset: str, region: str) -> str:
    """Say where the sink lies."""
    return f"assets:\n  - match: {_quoted(escaped(asset))}\n    region: {_name(region)}\n"


def keep(asset: str, retention: str) -> str:
    """Say that the sink keeps data for no longer than is permitted."""
    return f"assets:\n  - match: {_quoted(escaped(asset))}\n    retention: {_name(retention)}\n"


def admit(asset: str, zone: Zone, labels: Iterable[str]) -> str:
    """Admit the labels where they are not: in the code's zones, in the zone that was brought, or in the policy's.

    No policy loosens the first two.
    """
    wanted = frozenset(labels)
    parts = list(_parts(zone))
    told = "".join(text(asset, purposes, admitted, wanted) for text, purposes, admitted in parts)
    if told:
        return told
    purpose = zone.purposes[-1] if zone.purposes else "PURPOSE"
    return _zone(asset, zone, purpose, (zone.admitted or frozenset()) | wanted, "in place of what admits less around")


def _parts(zone: Zone) -> Iterator[tuple[Callable[..., str], tuple[str, ...], frozenset[str] | None]]:
    """Yield what stands around work but for the policy's zones: how to loosen it, its purposes and what it admits."""
    if zone.served is None:
        yield _in_code, zone.purposes, zone.admitted
        return
    for served in zone.served.outwards():
        yield _in_code, served.after, served.admitted
        yield _at_the_caller, served.before, served.brought


def _in_code(asset: str, purposes: tuple[str, ...], admitted: frozenset[str] | None, wanted: frozenset[str]) -> str:
    if admitted is None or not uncovered(wanted, admitted):
        return ""
    purpose, labels = json.dumps(purposes[-1] if purposes else "PURPOSE"), json.dumps(sorted(admitted | wanted))
    return (
        f"# in the code, for the zone that admits less around the work on {asset}\n"
        f"# privacylib.zone({purpose}, labels={{{labels[1:-1]}}})\n"
    )


def _at_the_caller(
    asset: str, purposes: tuple[str, ...], admitted: frozenset[str] | None, wanted: frozenset[str]
) -> str:
    if admitted is None or not (refused := uncovered(wanted, admitted)):
        return ""
    purpose = f" for {purposes[-1]}" if purposes else ""
    return f"# let the zone{purpose} of whoever brings the work on {asset} admit {_listed(refused)} as well\n"


def open_zone(asset: str, zone: Zone, labels: Iterable[str], purposes: Iterable[str] = ()) -> str:
    """Do the work inside a zone, for one of the purposes that are permitted."""
    return _zone(asset, zone, min(purposes, default="PURPOSE"), labels)


def present(reason: str) -> str:
    """Let whoever brings the work present a context that can be believed; no policy makes up for it."""
    return f"# have the caller present a context that can be believed; this one was not: {reason}\n"


def permit(requirement: Requirement, **more: Iterable[str]) -> str:
    """Let a requirement permit more.

    Args:
        requirement: The requirement; whatever else it permits is repeated, since the fragment replaces it.
        more: What is permitted in addition, by the key under ``allow``, whose value is a list.
    """
    lines = ["requirements:\n"]
    lines.append(f"  - id: {_name(requirement.id)}\n    applies_to: {_listed(requirement.applies_to)}\n    allow:\n")
    for attribute in fields(type(requirement.allow)):
        permitted = getattr(requirement.allow, attribute.name)
        if permitted is not None:
            lines.append(f"      {attribute.name}: {_written(permitted, more.get(attribute.name, ()))}\n")
    lines.append(f"    mode: {requirement.mode.name.lower()}\n")
    if requirement.lineage != "best-effort":
        lines.append(f"    lineage: {requirement.lineage}\n")
    if requirement.why:
        lines.append(f"    why: {_quoted(requirement.why)}\n")
    return "".join(lines)


def block(requirement: Requirement) -> str:
    """Let a requirement stop what it forbids."""
    return permit(evolve(requirement, mode=Mode.ENFORCE))


def reclassify(sink: str, labels: Iterable[str], site: str) -> str:
    """Lower the labels on the way to a sink; what is in capitals is for the reviewer to fill in."""
    transform = site if FORMS["callable"].accepts(site) else "MODULE:FUNCTION"
    expires = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=365)
    return (
        f"reclassifications:\n  - from: {_listed(labels)}\n    to: []\n    sink: {_quoted(escaped(sink))}\n"
        f'    transform: {_quoted(transform)}\n    reason: "WHY THE RESULT MAY CARRY LESS"\n'
        f'    reviewer: "REVIEWER"\n    expires: {expires.isoformat()}\n'
    )


def _zone(asset: str, zone: Zone, purpose: str, labels: Iterable[str], where: str = "around") -> str:
    """Open a zone around what the work is part of, and nothing else: a wider one gives all other work a purpose too."""
    served = "command://SERVICE" if zone.served is None else escaped(zone.served.uri)
    return (
        f"zones:  # {where} the work on {asset}\n  - match: {_quoted(served)}\n"
        f"    purpose: {_name(purpose)}\n    labels: {_listed(labels)}\n"
    )


def _written(permitted: Any, more: Iterable[str]) -> str:
    members = cast("Iterable[Any]", permitted) if isinstance(permitted, frozenset | tuple) else ()
    if isinstance(permitted, frozenset | tuple) and all(isinstance(one, str) for one in members):
        return _listed({*members, *more})
    return _name(permitted) if isinstance(permitted, str) else json.dumps(permitted, default=_plain)  # JSON is YAML


def _plain(value: Any) -> Any:
    """Return the value of a key that a further kind added, as the policy file has it."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name.lower()
    if has(cast("type[Any]", type(value))):
        held = {one.name.rstrip("_"): getattr(value, one.name) for one in fields(cast("type[Any]", type(value)))}
        return {name: one for name, one in held.items() if one is not None}
    return sorted(value)


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(_name(name) for name in sorted(names))}]"


def _name(name: str) -> str:
    """Quote a name that YAML would read as something else, such as ``no`` or ``2027``."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
