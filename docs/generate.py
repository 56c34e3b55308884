"""Write what is generated: ``python docs/generate.py``; with ``--check`` only compare.

Beside parts of the documentation that is which modules the integrations wait for.

``--tested`` keeps the versions of the libraries that are installed here, as those that the tests were run with.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from generators.api import api
from generators.cli import cli
from generators.forged import forged
from generators.libraries import libraries
from generators.policy_file import policy_file
from generators.tested import take
from pictures.pictures import PICTURES

from privacylib import integrations
from privacylib.policy.schema import schema

DOCS = Path(__file__).parent
_WRITTEN = {
    "api": api,
    "cli": cli,
    "forged-contexts": forged,
    "libraries": libraries,
    "policy-file": policy_file,
}
GENERATED = "<!-- Written by docs/generate.py. -->"


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with its text."""
    for name, lines in _WRITTEN.items():
        title, *rest = lines()
        yield DOCS / f"reference/{name}.md", "\n".join((title, "", GENERATED, *rest)).rstrip() + "\n"
    yield integrations.MODULES, "\n".join((*integrations.modules(), ""))
    yield DOCS / "reference/policy.schema.json", json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    for name, picture in PICTURES.items():
        yield DOCS / f"pictures/{name}.svg", picture().svg()


def main() -> int:
    """Write or compare."""
    if "--tested" in sys.argv[1:]:
        take()
    stale = [(path, text) for path, text in pages() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path, _ in stale:
            print(f"{path.relative_to(DOCS.parent)} is not current; run python docs/generate.py")
        return bool(stale)
    for path, text in stale:
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
