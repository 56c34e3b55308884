"""The places of the story: the names that the policy speaks of, and the files in which one run keeps them."""

import argparse
from pathlib import Path

from attrs import frozen

__all__ = [
    "ANSWER", "APPEND", "ASK", "CHECKPOINT", "DAILY_COUNTS", "INTERACTIONS", "LOG", "MEMBERS", "POLICY", "SEGMENTS",
    "TRAINING_SET", "USERS", "Places", "arguments",
]  # fmt: skip

POLICY = Path(__file__).with_name("policy.yaml")

USERS = "sqlite:///assistant/profiles.users"
LOG = "file:///assistant/interactions.jsonl"
INTERACTIONS = "duckdb://warehouse/interactions"
TRAINING_SET = "duckdb://warehouse/training_set"
DAILY_COUNTS = "duckdb://warehouse/daily_counts"
MEMBERS = "duckdb://warehouse/users"
CHECKPOINT = "model://registry/intent"
SEGMENTS = "file:///partner/segments.csv"

ASK = "http://web/ask"
ANSWER = "grpc://assistant.Inference/Answer"
APPEND = "grpc://assistant.Logger/Append"


@frozen
class Places:
    """Say where one run keeps what the names above stand for.

    Args:
        work: A directory of its own, removed at the end.
    """

    work: Path

    @property
    def profiles(self) -> Path:
        """Return the SQLite database with the wearers' profiles."""
        return self.work / "profiles.db"

    @property
    def log(self) -> Path:
        """Return the log of interactions, one JSON object a line."""
        return self.work / "interactions.jsonl"

    @property
    def warehouse(self) -> Path:
        """Return the DuckDB database."""
        return self.work / "warehouse.duckdb"

    @property
    def exported(self) -> Path:
        """Return the file in which the wearers' profiles come to the warehouse."""
        return self.work / "users.csv"

    @property
    def outbox(self) -> Path:
        """Return the directory of the files that go to who sends the digests."""
        return self.work / "outbox"

    @property
    def checkpoint(self) -> Path:
        """Return the file of the model that training writes and inference loads."""
        return self.work / "intent.joblib"

    @property
    def segments(self) -> Path:
        """Return the file that the advertising partner would fetch."""
        return self.work / "segments.csv"


def arguments(program: str, *addresses: str) -> tuple[Places, argparse.Namespace]:
    """Read the command line of one of the demo's programs.

    Args:
        program: Its one-line description.
        addresses: Names of options that take the address of another service.
    """
    parser = argparse.ArgumentParser(description=program)
    parser.add_argument("--work", type=Path, required=True, help="directory of this run")
    for name in addresses:
        parser.add_argument(f"--{name}", metavar="HOST:PORT", help=f"where the service {name} listens")
    options = parser.parse_args()
    return Places(options.work), options
