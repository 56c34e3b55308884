"""``privacylib doctor``: what is covered, what is not, and what was refused, in plain words."""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from privacylib.cli import Subparsers
from privacylib.cli.graph import spool_argument, spools
from privacylib.cli.tables import table

if TYPE_CHECKING:
    from privacylib.doctor import Diagnosis, Process

__all__ = ["add", "run"]

SHOWN = 12
"""Rows of a section; `--json` has all."""

_DESCRIPTION = """Read spools, of living processes too, and say what is in them, what was refused or swallowed, which
context could not be believed, which flows broke a rule, and what is not covered. It ends with the ten assets
without annotation that carry most flows, as YAML to paste into a policy."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("doctor", help="say what is covered, what was refused", description=_DESCRIPTION)
    spool_argument(parser)
    parser.add_argument(
        "--policy", metavar="FILE", help="a policy that says which assets are annotated; default: PRIVACYLIB_POLICY"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tell."""
    from privacylib.doctor import diagnose

    annotation = None
    if file := arguments.policy or os.environ.get("PRIVACYLIB_POLICY"):
        from privacylib.policy.annotations import Annotator
        from privacylib.policy.loading import load

        annotation = Annotator(load(file)).annotation
    found = diagnose(spools(arguments), annotation)
    print(json.dumps(found.members(), indent=2) if arguments.json else "\n".join(_told(found)))
    return 0


def _told(found: "Diagnosis") -> Iterator[str]:
    sections = (
        ("What is in the spool", _spool(found)),
        ("What processes run on, and what they see", _coverage(found)),
        ("Gaps: files, connections, databases and programs that no recorded operation explains", _gaps(found)),
        ("Refused, because it could not be kept", _refused(found)),
        ("Errors of privacylib itself; the host went on", _errors(found)),
        ("Context that could not be believed, and data that is unknown", _unknown(found)),
        ("Denied, or would be", _breaches(found)),
        ("Work outside scopes, or after its scope was left", _workers(found)),
        ("SQL that could not be read, judged as read and write of all that it names", _opaque(found)),
        ("Assets without annotation that carry most flows, to paste into a policy", _unannotated(found)),
    )
    for title, lines in sections:
        yield from (title, "-" * len(title))
        yield from lines
        yield ""


def _spool(found: "Diagnosis") -> Iterator[str]:
    for spool in found.spools:
        yield f"{spool.path}: {_bytes(spool.bytes)} of at most {_bytes(spool.cap)}"
    if not found.processes:
        yield "nobody has recorded anything here"
        return
    head = ("service", "pid", "state", "records", "flows", "first", "last", "unexported", "quarantined", "damaged")
    yield from _bounded(head, [_row(process) for process in found.processes])
    formats = sorted({str(process.format) for process in found.processes})
    yield f"format {', '.join(formats)}; unexported counts segments that an exporter is still to take"


def _row(process: "Process") -> tuple[object, ...]:
    first, last = (seen[:19] if seen else "-" for seen in (process.first_seen, process.last_seen))
    exported = f"{process.not_exported} of {process.segments}" if process.exporters else "no exporter"
    return (
        process.service or f"({process.undescribed} meta.json)", process.pid or "-", process.state, process.records,
        process.flows, first, last, exported, process.quarantined, process.damaged + process.undefined,
    )  # fmt: skip


def _coverage(found: "Diagnosis") -> Iterator[str]:
    told: dict[str, int] = {}
    for process in found.processes:
        about = process.about
        if not about:
            continue
        seen = ", ".join(sorted(set(about.get("covered", {}).values()))) or "no libraries, only what the code declares"
        line = (
            f"{process.service}: privacylib {about.get('privacylib') or '?'} ({about.get('form')}), "
            f"{about.get('python')}, mode {about.get('mode')}; sees {seen}"
        )
        told[line] = told.get(line, 0) + 1
    yield from _cut([line if count == 1 else f"{line} ({count} processes)" for line, count in told.items()])
    where = {target: _services(counts) for target, counts in found.uncovered_in.items()}
    yield from _cut([f"UNCOVERED {target}: {why} ({where[target]})" for target, why in sorted(found.uncovered.items())])
    if not told:
        yield "no process left word of it"


def _gaps(found: "Diagnosis") -> Iterator[str]:
    rows = [(row.event, row.site, row.count, ", ".join(sorted(row.services))) for row in found.gaps]
    if rows:
        yield from _bounded(("event", "site", "count", "service"), rows)
    elif any(process.about.get("account") for process in found.processes):
        yield "none"
    else:
        yield "no process kept account of them; `privacylib run` and init(instrument=...) do"
    if found.unaudited:
        seen = {seen.split()[0] for each in found.processes for seen in each.about.get("covered", {}).values()}
        named = [f"{name} ({runs_on}{', seen' * (name in seen)})" for name, runs_on in found.unaudited.items()]
        yield f"not visible to the account, because they do I/O in native code: {', '.join(named)}"


def _services(processes: Mapping[str, int]) -> str:
    return ", ".join(f"{service} in {count} processes" for service, count in sorted(processes.items()))


def _refused(found: "Diagnosis") -> Iterator[str]:
    yield from _counted(found.refused, "nothing was refused")
    yield from _by_process((process, process.refused) for process in found.processes)


def _errors(found: "Diagnosis") -> Iterator[str]:
    yield from _counted(found.errors, "none")
    yield from _by_process((process, process.errors) for process in found.processes)


def _by_process(counted: "Iterable[tuple[Process, Mapping[str, int]]]") -> Iterator[str]:
    yield from _cut(
        f"  {process.service} pid {process.pid or '-'}: {_joined(counts)}" for process, counts in counted if counts
    )


def _unknown(found: "Diagnosis") -> Iterator[str]:
    if not found.unknowns:
        yield "none"
    for row in found.unknowns[:SHOWN]:
        if not row.operations:
            services = ", ".join(sorted(row.services))
            yield f"{row.reason}: came in to {services}, and nothing that was recorded depends on it"
            yield f"  {row.advice}"
            continue
        yield (
            f"{row.reason}: {row.operations} operations of {', '.join(sorted(row.services))}, "
            f"{row.received} of them requests that came in"
        )
        yield f"  {row.advice}"


def _breaches(found: "Diagnosis") -> Iterator[str]:
    if not found.breaches:
        yield "nothing broke a rule"
        return
    head = ("id", "rule", "mode", "denied", "would deny", "operation", "service", "site")
    rows = [
        (
            row.id, row.requirement, row.mode.name.lower(), row.denied, row.would_deny,
            f"{row.kind.name} {row.asset}", row.service, row.site or "-",
        )
        for row in found.breaches
    ]  # fmt: skip
    yield from _bounded(head, rows)
    worst = found.breaches[0]
    yield f"`privacylib explain ID` says why, and the nearest remedy; that of {worst.id} is"
    yield from (f"  {line}" for line in worst.remedy.rstrip().splitlines())


def _workers(found: "Diagnosis") -> Iterator[str]:
    if not found.workers:
        yield "none"
        return
    rows = [(row.service, row.site or row.operation, row.orphaned, row.outlived) for row in found.workers]
    yield from _bounded(("service", "site or operation", "no scope", "outlived"), rows)
    yield "a worker that serves many requests opens a scope for each: privacylib.scope(..., fresh=True)"
    if alone := {asset: row for row in found.workers for asset in sorted(row.alone)}:
        yield "read there, in a thread or task of its own, and so behind no request that uses it later on:"
        yield from _cut(f"  {asset} by {row.service}, at {row.site or row.operation}" for asset, row in alone.items())
        yield "  load it on the main thread before the first scope, or mark it under `assets`: `resident: true`"


def _opaque(found: "Diagnosis") -> Iterator[str]:
    if not found.opaque:
        yield "none"
        return
    rows = [
        (row.dialect, row.asset, row.count, ", ".join(sorted(row.services)), row.why or "?", row.site or "?")
        for row in found.opaque
    ]
    yield from _bounded(("dialect", "asset", "count", "service", "why", "site"), rows)


def _unannotated(found: "Diagnosis") -> Iterator[str]:
    if not found.policy:
        yield "# no --policy was named: what never showed a label stands here, annotated with [] or not at all"
    yield found.fragment or "# none"


def _counted(counts: Mapping[str, int], none: str) -> Iterator[str]:
    yield _joined(counts) or none


def _joined(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{cause} {count}" for cause, count in counts.items())


def _bounded(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield table(head, rows[:SHOWN])
    if len(rows) > SHOWN:
        yield f"and {len(rows) - SHOWN} more; --json has all"


def _cut(lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more; --json has all"


def _bytes(number: int) -> str:
    return f"{number / (1 << 20):.1f} MB" if number >= 1 << 20 else f"{number / 1024:.1f} kB"
