"""Everything that `privacylib doctor` knows, as one object."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from privacylib.coverage.native import NATIVE
from privacylib.doctor.gaps import Gap, gaps
from privacylib.doctor.opaque import Opaque, opaque
from privacylib.doctor.processes import Process, Seen, examined
from privacylib.doctor.unannotated import Unannotated, fragment, unannotated
from privacylib.doctor.unknowns import Unknown, unknowns
from privacylib.doctor.workers import Worker, workers
from privacylib.graph import Breach, breaches
from privacylib.policy.annotations import Annotation
from privacylib.recorder import DEFAULT_CAP, DirectoryStore, producers, tallies

__all__ = ["Diagnosis", "Spool", "diagnose"]


@frozen
class Spool:
    """Describe a spool.

    Args:
        path: Its directory.
        bytes: What it takes.
        cap: What it may take, as its processes were told.
    """

    path: str
    bytes: int
    cap: int


@frozen
class Diagnosis:
    """Hold what spools tell.

    Args:
        spools: The spools.
        processes: Who filled them.
        breaches: What broke a rule, the most frequent first.
        unknowns: Data of which nothing is known, by reason.
        workers: Who works outside scopes, or goes on after its scope was left.
        opaque: Statements of SQL that could not be read, by what they name, the most frequent first.
        unannotated: The assets without annotation that carry most flows.
        policy: Whether a policy said what is annotated.
    """

    spools: Sequence[Spool]
    processes: Sequence[Process]
    breaches: Sequence[Breach]
    unknowns: Sequence[Unknown]
    workers: Sequence[Worker]
    opaque: Sequence[Opaque]
    unannotated: Sequence[Unannotated]
    policy: bool

    @property
    def refused(self) -> dict[str, int]:
        """Return how many calls were refused, by cause, in all processes."""
        return _total(process.refused for process in self.processes)

    @property
    def errors(self) -> dict[str, int]:
        """Return how many errors were swallowed, by where and type, in all processes."""
        return _total(process.errors for process in self.processes)

    @property
    def gaps(self) -> list["Gap"]:
        """Return the I/O that no recorded operation explains, the most frequent first."""
        return gaps(self.processes)

    @property
    def unaudited(self) -> dict[str, str]:
        """Return the libraries of some process that do I/O in native code, and on what they run."""
        found = {name for each in self.processes for name in each.about.get("unaudited", ())}
        return {name: NATIVE.get(name, "") for name in sorted(found)}

    @property
    def uncovered(self) -> dict[str, str]:
        """Return what some process does not see, and why."""
        return {target: why for each in self.processes for target, why in each.about.get("uncovered", {}).items()}

    @property
    def uncovered_in(self) -> dict[str, dict[str, int]]:
        """Return in how many processes of which services each of those is not seen."""
        found: dict[str, Counter[str]] = {}
        for each in self.processes:
            for target in each.about.get("uncovered", {}):
                found.setdefault(target, Counter())[each.service] += 1
        return {target: dict(counts) for target, counts in found.items()}

    @property
    def fragment(self) -> str:
        """Return the unannotated assets as a policy fragment; empty where there are none."""
        return fragment(self.unannotated)

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object, as the reference describes them."""
        return {
            "spools": [asdict(spool) for spool in self.spools],
            "processes": [asdict(process) for process in self.processes],
            "refused": self.refused,
            "errors": self.errors,
            "gaps": [row.members() for row in self.gaps],
            "unaudited": self.unaudited,
            "uncovered": self.uncovered,
            "uncovered_in": self.uncovered_in,
            "unknown": [row.members() for row in self.unknowns],
            "breaches": [row.members() for row in self.breaches],
            "workers": [row.members() for row in self.workers],
            "opaque": [row.members() for row in self.opaque],
            "unannotated": {
                "by": "policy" if self.policy else "labels seen",
                "assets": [row.members() for row in self.unannotated],
                "fragment": self.fragment,
            },
        }


def diagnose(spools: Iterable[Path], annotation: Callable[[str], Annotation] | None = None) -> Diagnosis:
    """Read spools and say what they tell.

    Args:
        spools: Their directories; processes may go on writing there.
        annotation: What a policy says of an asset; left out, what showed a label counts as annotated.
    """
    paths = tuple(spools)
    found: list[Seen] = []
    processes: list[Process] = []
    for path in paths:
        for producer in producers(path):
            counts = tallies(producer)
            found.append((producer, counts))
            processes.append(examined(producer, counts, path))
    return Diagnosis(
        spools=[_spool(path, processes) for path in paths],
        processes=processes,
        breaches=breaches(found),
        unknowns=unknowns(found),
        workers=workers(found, annotation),
        opaque=opaque(found),
        unannotated=unannotated(found, annotation),
        policy=annotation is not None,
    )


def _spool(path: Path, processes: Iterable[Process]) -> Spool:
    used, _ = DirectoryStore(path).used()
    caps = [cap for each in processes if each.spool == str(path) and (cap := each.about.get("cap"))]
    return Spool(str(path), used, min(caps, default=DEFAULT_CAP))


def _total(counts: Iterable[Any]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total.most_common())
