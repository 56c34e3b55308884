"""The nearest change that would allow a flow, as a fragment of a policy file."""

import datetime
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, cast

from attrs import evolve, fields, has

from privacylib.labels import uncovered
from privacylib.model import Mode, Zone
from privacylib.model.policy import Requirement
from privacylib.naming import escaped
from privacylib.policy.forms import FORMS

__all__ = [
    "admit",
    "annotate",
    "block",
    "keep",
    "open_zone",
    "permit",
    "place",
    "present",
    "reclassify",
    "state",
    "tell",
]

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_LOOSENING = {
    re.compile(r"^requirements:$", re.MULTILINE): "what a requirement permits",
    re.compile(r"^assets:\n.*\n +labels:", re.MULTILINE): "what may flow there",
    re.compile(r"^(# privacylib\.zone\(|# let the zone |zones:  # in place of )", re.MULTILINE): "what a zone admits",
}
"""What begins a remedy that loosens, and what it loosens."""
_BLANK = re.compile(r"^ +purpose: PURPOSE  #", re.MULTILINE)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def annotate(asset: str, labels: Iterable[str]) -> str:
    """Annotate the sink for what flows into it."""
    return f"assets:\n  - match: {_quoted(escaped(asset))}\n    labels: {_listed(labels)}\n"


def tell(asset: str, labels: Iterable[str]) -> str:
    """Say what an asset holds: everything that it may, from which is taken out what it does not hold."""
    named = sorted(labels)
    return annotate(asset, named).rstrip("\n") + f"  # {'those' if named else 'or the labels'} of what it holds\n"


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
    admitted = (zone.admitted or frozenset()) | wanted
    return _zone(asset, zone, zone.purposes[-1:], admitted, "in place of what admits less around")


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


def open_zone(asset: str, zone: Zone, labels: Collection[str], purposes: Iterable[str] = ()) -> str:
    """Do the work inside a zone, for one of the purposes that are permitted.

    One around a command admits all labels: what else the command does need not have these alone.
    """
    around = zone.served is None or zone.served.is_command
    where = "around all that the command does, or in the code by privacylib.zone around" if around else "around"
    return _zone(asset, zone, sorted(purposes), () if around else labels, where)


def present(reason: str) -> str:
    """Let whoever brings the work present a context that can be believed; no policy makes up for it."""
    return f"# have the caller present a context that can be believed; this one was not: {reason}\n"


def make_known(reason: str, remedies: Sequence[str]) -> str:
    """Propose the nearest of several remedies for data of which nothing is known, which may be no such data at all.

    Args:
        reason: Why nothing is known.
        remedies: What would permit it if the data were of every kind that has a rule. One that loosens a rule, a zone
            or a sink does so for data that is known, too: it is proposed where all do, and says so.
    """
    first = f"# first have it known what the data are; they may be no such data: {reason}, see `privacylib doctor`\n"
    nearest = min(remedies, key=_distance, default="")
    told = _loosens(nearest)
    return first + (f"# what follows loosens for all work, not for this data alone: {told}\n" if told else "") + nearest


def _distance(remedy: str) -> int:
    """Return how far a remedy is from leaving all else as it is; one in which a word is to be filled in is none yet."""
    return 2 if _BLANK.search(remedy) else int(bool(_loosens(remedy)))


def _loosens(remedy: str) -> str:
    """Return what a remedy lets through of other data, too; empty where it states a fact, or says what work is for."""
    return next((told for pattern, told in _LOOSENING.items() if pattern.search(remedy)), "")


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
    """Lower the labels on the way to a sink; what is in capitals is for the reviewer to fill in.

    The place of the write tells where to look for the transform, and is none itself: it would be reviewed in vain.
    """
    expires = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=365)
    written = f"; {site} writes it" if FORMS["callable"].accepts(site) else ""
    return (
        f"reclassifications:\n  - from: {_listed(labels)}\n    to: []\n    sink: {_quoted(escaped(sink))}\n"
        f"    transform: MODULE:FUNCTION  # what makes the result, as `privacylib.reclassify` names it{written}\n"
        '    fingerprint: "sha256:…"  # as `privacylib policy fingerprint MODULE:FUNCTION` prints it\n'
        f'    reason: "WHY THE RESULT MAY CARRY LESS"\n    reviewer: "REVIEWER"\n    expires: {expires.isoformat()}\n'
    )


def state(asset: str, requirement: Requirement, key: str) -> str:
    """Say of an asset what a requirement of a further kind permits, where nothing that the policy says is permitted."""
    permitted = getattr(requirement.allow, key)
    told = cast("Iterable[Any]", permitted if isinstance(permitted, frozenset | tuple) else (permitted,))
    texts = sorted(one for one in told if isinstance(one, str))
    if texts:
        start = f"assets:\n  - match: {_quoted(escaped(asset))}\n    {key}:"
        return f"{start} {_name(texts[0])}  # if that is so{_or(texts[1:])}\n"
    return f"# {requirement.id} permits no more than that; what is missing is {key!r} of {asset} under `assets`\n"


def _zone(asset: str, zone: Zone, purposes: Sequence[str], labels: Collection[str], where: str = "around") -> str:
    """Open a zone around what the work is part of, and nothing else: a wider one gives all other work a purpose too."""
    told = (
        '"command://SERVICE"  # with the name that init has'
        if zone.served is None
        else _quoted(escaped(zone.served.uri))
    )
    admits = f"    labels: {_listed(labels)}\n" if labels else ""
    return f"zones:  # {where} the work on {asset}\n  - match: {told}\n    purpose: {_chosen(purposes)}\n{admits}"


def _chosen(purposes: Sequence[str]) -> str:
    """Name a purpose with the others beside it; a word that is none with what to do about it."""
    if not purposes:
        return "PURPOSE  # put a declared purpose here; there is none that all rules on these labels name"
    return _name(purposes[0]) + (f"  # {_or(purposes[1:]).lstrip(', ')}" if purposes[1:] else "")


def _or(others: Sequence[str]) -> str:
    return f", or {', '.join(others)}" if others else ""


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
