"""What a policy adds to a read and a write that are known: rules are asked once for each flow."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import POLICY, PURPOSE, SINK, SOURCE
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

MANY = 200
"""Annotations, and reclassifications, of a policy that has many."""

_BARE = POLICY.partition("requirements:")[0]
_ANNOTATIONS = "".join(f'  - {{match: "s3://bucket-{i}/**", labels: [CONTACT], region: eu}}\n' for i in range(MANY))
_RECLASSIFICATIONS = "reclassifications:\n" + "".join(
    f'  - {{from: [CONTACT], to: [], sink: "s3://bucket-{i}/**", transform: "pkg.jobs:count", reason: counts,'
    " reviewer: privacy@example.org, expires: 2999-12-31}\n"
    for i in range(MANY)
)
POLICIES = {
    "nothing": _BARE,
    "ten": POLICY,
    "much": POLICY.replace("assets:\n", f"assets:\n{_ANNOTATIONS}", 1) + _RECLASSIFICATIONS,
}


@contextmanager
def pair(policy: str) -> Generator[Work]:
    """A read and a write, decided and recorded in a zone, under one of the policies."""

    @privacylib.reads(SOURCE)
    def read() -> None: ...

    @privacylib.writes(SINK)
    def write() -> None: ...

    def run(times: int) -> None:
        with privacylib.zone(PURPOSE):
            for _ in range(times):
                read()
                write()

    with TemporaryDirectory() as folder:
        file = Path(folder) / "policy.yaml"
        file.write_text(POLICIES[policy])
        privacylib.init(service="bench", policy=file, spool=Path(folder) / "spool", mode="enforce", region="eu")
        try:
            yield Work(run)
        finally:
            privacylib.shutdown()


def _row(name: str, what: str, policy: str) -> Timed:
    beside = Against("the same without requirements", side(pair, "nothing"), Goal(ratio=1.05))
    return Timed(name, f"read + write under {what}", side(pair, policy), (beside,))


ROWS = (
    _row("policy-ten", "ten requirements", "ten"),
    _row("policy-much", f"these, {MANY} more assets, {MANY} reclassifications", "much"),
)
