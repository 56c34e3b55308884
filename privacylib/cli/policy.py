"""``privacylib policy check FILE``: validate a policy, and name what nothing in it uses.

``privacylib policy fingerprint MODULE:NAME`` prints what a reviewer of a transform has seen.
"""

import argparse
import functools
import importlib
import sys

from privacylib.cli import Subparsers
from privacylib.errors import PrivacyError

__all__ = ["add", "check", "print_fingerprint"]


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    text = "validate a policy file; fingerprint a transform"
    policy = subparsers.add_parser("policy", help=text, description=f"{text[0].upper()}{text[1:]}.")
    actions = policy.add_subparsers(title="actions", metavar="ACTION", required=True)
    text = "validate FILE; name what no asset, zone or requirement uses"
    parser = actions.add_parser("check", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("file", metavar="FILE", help="the policy file, YAML")
    parser.set_defaults(run=check)
    text = "print the fingerprint of a reclassification's transform"
    parser = actions.add_parser("fingerprint", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("transform", metavar="MODULE:NAME", help="as in the policy, such as pkg.jobs:count_by_day")
    parser.set_defaults(run=print_fingerprint)


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


def print_fingerprint(arguments: argparse.Namespace) -> int:
    """Print the fingerprint of a function that can be imported from here."""
    from privacylib.decorators.sites import qualified
    from privacylib.policy.fingerprint import fingerprint

    transform = _imported(arguments.transform)
    print(fingerprint(transform))
    if (name := qualified(transform)) != arguments.transform:
        print(f"privacylib: {_told(arguments.transform, name)}", file=sys.stderr)
    return 0


def _told(asked: str, name: str) -> str:
    """Return what to write of a transform that `privacylib.reclassify` names otherwise: its name finds the entry."""
    from privacylib.policy.forms import FORMS

    if FORMS["callable"].accepts(name):
        return f"the program names it otherwise, and an entry for {asked} would not count; write `transform: {name}`"
    return f"the program names it {name}, and no entry can name that; give it a name of its own, by `def` in its module"


def _imported(name: str) -> object:
    module, _, path = name.partition(":")
    if not module or not path:
        raise PrivacyError(f"{name!r} names no function; write module:name, such as pkg.jobs:count_by_day")
    sys.path.insert(0, "")  # as `python -m` finds what lies in the working directory
    try:
        return functools.reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        raise PrivacyError(f"{name!r} cannot be imported: {error}; run it where the program runs") from None
    finally:
        sys.path.remove("")
