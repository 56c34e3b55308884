"""Which policy it was: a digest of what it says, whatever its file looks like."""

import datetime
import hashlib
import json
from enum import Enum
from typing import Any

from attrs import asdict

from privacylib.model.policy import Policy

__all__ = ["version"]


def version(policy: Policy) -> str:
    """Return ``sha256:…`` of what a policy says; comments, order of sets and layout change nothing."""
    text = json.dumps(asdict(policy), sort_keys=True, default=_plain)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.name if isinstance(value, Enum) else sorted(value)
