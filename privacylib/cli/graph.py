"""``privacylib graph``: what flowed where, from everything that was recorded in some spools."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from privacylib.cli import Subparsers
from privacylib.cli.tables import table
from privacylib.errors import PrivacyError
from privacylib.graph import Edge, Graph, load
from privacylib.model import Evidence
from privacylib.naming import Glob

__all__ = ["add", "asked_spools", "spool_argument", "spools"]

_GRADES = [each.value for each in Evidence]

_DESCRIPTION = """Show what flowed where, from what spools hold: whole edges, all that lies before or behind an asset,
or a path between two."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    graph = subparsers.add_parser("graph", help="show what flowed where", description=_DESCRIPTION)
    actions = graph.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, assets, text in (
        ("edges", "*", "list the edges; with ASSETs only those that touch one of them"),
        ("upstream", "+", "list all that the data of ASSET can come from"),
        ("downstream", "+", "list all that the data of ASSET can have gone to"),
        ("path", 2, "show a shortest path from the first ASSET to the second"),
    ):
        parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        parser.add_argument("assets", metavar="ASSET", nargs=assets, help="URI of an asset or field, or a pattern")
        spool_argument(parser)
        parser.add_argument(
            "--evidence", choices=_GRADES, default=_GRADES[-1], metavar="GRADE",
            help=f"leave out edges of weaker evidence; from best to weakest: {', '.join(_GRADES)}",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.set_defaults(run=globals()[name])


def spool_argument(parser: argparse.ArgumentParser) -> None:
    """Declare ``--spool``, which may be given several times."""
    parser.add_argument("--spool", metavar="DIR", type=Path, action="append", help="a spool; default: .privacylib")


def spools(arguments: argparse.Namespace) -> list[Path]:
    """Return the spools that were asked for.

    Raises:
        PrivacyError: One of them is not there.
    """
    asked = asked_spools(arguments)
    for path in asked:
        if not path.is_dir():
            raise PrivacyError(f"there is no spool at {path}; name one with --spool DIR")
    return asked


def asked_spools(arguments: argparse.Namespace) -> list[Path]:
    """Return the spools that were asked for, whether they are there or not."""
    return arguments.spool or [Path(".privacylib")]


def edges(arguments: argparse.Namespace) -> int:
    """List edges."""
    rows = _graph(arguments).edges()
    if arguments.assets:
        globs = [Glob(asset) for asset in arguments.assets]
        rows = [edge for edge in rows if any(_names(glob, end) for glob in globs for end in (edge.source, edge.sink))]
    return _print_edges(rows, arguments)


def upstream(arguments: argparse.Namespace) -> int:
    """List what data can come from."""
    graph = _graph(arguments)
    return _print_places(arguments, (place for asset in arguments.assets for place in graph.upstream(asset)))


def downstream(arguments: argparse.Namespace) -> int:
    """List what data can have gone to."""
    graph = _graph(arguments)
    return _print_places(arguments, (place for asset in arguments.assets for place in graph.downstream(asset)))


def path(arguments: argparse.Namespace) -> int:
    """Show a shortest path; the status is 1 where there is none."""
    found = _graph(arguments).path(*arguments.assets)
    if found is None:
        print("there is no path" if not arguments.json else "null")
        return 1
    if arguments.json:
        print(json.dumps({"steps": [edge.members() for edge in found.steps], "witnessed": found.witnessed}, indent=2))
        return 0
    print(found.steps[0].source)
    for edge in found.steps:
        print(f"  -> {edge.sink}  ({edge.evidence.value}, {edge.service})")
    print(
        "witnessed: one correlation key supports every step"
        if found.witnessed
        else "possible: no single work did it all"
    )
    return 0


def _names(glob: Glob, place: str) -> bool:
    """Return whether a pattern names a place, or the asset of which it is a field."""
    return glob.matches(place) or glob.matches(place.partition("#")[0])


def _graph(arguments: argparse.Namespace) -> Graph:
    graph = load(spools(arguments), Evidence(arguments.evidence))
    _tell_damage(graph)
    for asset in arguments.assets:
        if not graph.knows(asset):
            print(f"no edge begins or ends in {asset}; `privacylib graph edges` lists them all", file=sys.stderr)
    return graph


def _tell_damage(graph: Graph) -> None:
    told = (
        (graph.corrupt, "damaged records were left out"),
        (graph.undefined, "operations were left out, as the definitions of their flows are damaged"),
        (graph.mended, "damaged definitions were mended, which costs nothing; something damages the spool"),
    )
    for number, what in told:
        if number:
            print(f"{number} {what}", file=sys.stderr)


def _print_edges(rows: Iterable[Edge], arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps([edge.members() for edge in rows], indent=2))
        return 0
    head = ("source", "sink", "evidence", "labels", "purpose", "service", "decision", "count")
    cells = (
        (e.source, e.sink, e.evidence.value, " ".join(e.labels), e.purpose or "-", e.service, e.decision.value, e.count)
        for e in rows
    )
    print(table(head, cells))
    return 0


def _print_places(arguments: argparse.Namespace, places: Iterable[str]) -> int:
    found = sorted(set(places))
    print(json.dumps(found, indent=2) if arguments.json else "\n".join(found))
    return 0
