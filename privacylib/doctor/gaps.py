"""I/O that no recorded operation explains, by event and call site."""

from collections.abc import Iterable
from typing import Any

from attrs import asdict, define, field

from privacylib.doctor.processes import Process

__all__ = ["Gap", "gaps"]


@define
class Gap:
    """Count I/O of one kind at one place of the code.

    Args:
        event: What the interpreter calls it, such as ``socket.connect``; ``open(r)`` and ``open(w)`` for files,
            ``mmap(w)`` for one that is written through memory, and with ``(unseen)`` behind it for a program of
            Python that is started and does not find us.
        site: Where it comes from, ``module:function:line``; the nearest place outside the standard library.
        count: How often.
        services: Whose processes did it.
    """

    event: str
    site: str
    count: int = 0
    services: set[str] = field(factory=set[str])

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"services": sorted(self.services)}


def gaps(processes: Iterable[Process]) -> list[Gap]:
    """Return the gaps of processes, the most frequent first."""
    rows: dict[tuple[str, str], Gap] = {}
    for process in processes:
        for name, count in process.gaps.items():
            event, _, site = name.partition(" ")
            row = rows.setdefault((event, site), Gap(event, site))
            row.count += count
            row.services.add(process.service)
    return sorted(rows.values(), key=lambda row: (-row.count, row.event, row.site))
