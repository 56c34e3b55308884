"""``privacylib replay``: recorded flows under a new policy, without the application."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from privacylib.cli import Subparsers
from privacylib.cli.graph import spool_argument, spools
from privacylib.cli.tables import table

if TYPE_CHECKING:
    from privacylib.replay import Change, Replay

__all__ = ["add", "run"]

_DESCRIPTION = """Decide again, under another policy, every flow that spools hold: what would be denied, how often, by
which services and call sites, each with the nearest remedy to paste into the policy; and what would no longer
be denied."""


_CHANGES = (
    ("Would be denied, and was not", True, {("ALLOW", "DENY"), ("WOULD_DENY", "DENY")}),
    ("Would break a rule that is not enforced, and did not", False, {("ALLOW", "WOULD_DENY")}),
    ("Broke a rule that was not enforced, and would again", False, {("WOULD_DENY", "WOULD_DENY")}),
    ("Was denied, and would be again", True, {("DENY", "DENY")}),
    ("Was denied, and would be no more", True, {("DENY", "ALLOW"), ("DENY", "WOULD_DENY")}),
    ("Broke a rule that was not enforced, and would no more", False, {("WOULD_DENY", "ALLOW")}),
)
"""What becomes of a decision, with its title, whether that is said of none too, and the verdicts before and after."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("replay", help="try a policy on recorded flows", description=_DESCRIPTION)
    parser.add_argument("--policy", metavar="NEW.yaml", required=True, help="the policy to try")
    parser.add_argument(
        "--mode", choices=("observe", "simulate", "enforce"),
        help="the strictest mode that processes would allow; default: that in which each flow was recorded",
    )  # fmt: skip
    spool_argument(parser)
    parser.add_argument("--limit", metavar="N", type=int, default=10, help="rows of each kind; default: 10")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with all rows")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replay. What would be denied is an answer and no failure."""
    from privacylib.model import Mode
    from privacylib.policy.loading import load
    from privacylib.replay import replay

    ceiling = Mode[arguments.mode.upper()] if arguments.mode else None
    found = replay(spools(arguments), load(arguments.policy), ceiling)
    if arguments.json:
        print(json.dumps(found.members(), indent=2))
    else:
        print("\n".join(_told(found, max(arguments.limit, 1))))
    return 0


def _told(found: "Replay", limit: int) -> Iterator[str]:
    yield f"{found.operations} recorded operations were decided again"
    yield from (f"note: {caveat}" for caveat in found.caveats)
    going_ahead: list[Change] = []
    rows = (*found.denied, *found.still_denied, *found.no_longer_denied)
    for title, always, becomes in _CHANGES:
        mine = sorted(
            (row for row in rows if (row.before.value, row.after.value) in becomes), key=lambda row: -row.count
        )
        if mine or always:
            yield from ("", f"{title}: {sum(row.count for row in mine)} operations", *_rows(mine, limit))
        going_ahead += [row for row in mine if row.before.value != "DENY" and row.remedies]
    for row in going_ahead[:limit]:
        yield from ("", f"{row.id}: {row.reason}; the nearest remedy:")
        yield from (f"  {line}" for line in row.remedies["nearest"].rstrip().splitlines())


def _rows(rows: "Sequence[Change]", limit: int) -> Iterator[str]:
    if not rows:
        return
    head = ("id", "rule", "mode", "count", "operation", "service", "site")
    cells = [
        (
            row.id, row.requirement, row.mode.name.lower(), f"{'at most ' if row.at_most else ''}{row.count}",
            f"{row.kind.name} {row.asset}", row.service, row.site or "-",
        )
        for row in rows[:limit]
    ]  # fmt: skip
    yield table(head, cells)
    if len(rows) > limit:
        yield f"and {len(rows) - limit} more; --limit {len(rows)} shows them"
