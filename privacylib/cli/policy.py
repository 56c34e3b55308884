"""``privacylib policy check FILE``: validate a policy, and name what nothing in it uses."""

import argparse
import sys

from privacylib.cli import Subparsers

__all__ = ["add", "check"]


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    policy = subparsers.add_parser("policy", help="validate a policy file")
    actions = policy.add_subparsers(title="actions", metavar="ACTION", required=True)
    parser = actions.add_parser("check", help="validate FILE; name what no asset, zone or requirement uses")
    parser.add_argument("file", metavar="FILE", help="the policy file, YAML")
    parser.set_defaults(run=check)


def check(arguments: argparse.Namespace) -> int:
    """Validate a file. An error raises; what is only suspicious is printed, and the policy is still good."""
    from privacylib.policy.findings import findings
    from privacylib.policy.loading import read

    document = read(arguments.file)
    policy = document.policy
    for finding in findings(policy, document.lines):
        print(f"{document.source}: {finding}", file=sys.stderr)
    counts = (
        f"{len(policy.labels)} labels, {len(policy.purposes)} purposes, {len(policy.assets)} assets, "
        f"{len(policy.zones)} zones, {len(policy.requirements)} requirements"
    )
    print(f"{document.source}: valid; {counts}")
    return 0
