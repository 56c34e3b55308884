"""The configuration as one immutable snapshot; a change replaces it whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from privacylib.memo import Memo
from privacylib.model import Asset, Mode, Operation
from privacylib.policy.engine import Engine
from privacylib.ports import Recorder
from privacylib.propagation import Keyring, Propagator

__all__ = ["Snapshot"]


ANSWERS = 65_536
"""Weight of the answers that are kept: 7,000 plain ones, half a kilobyte each; sources weigh as they are many."""


@frozen(eq=False)
class Snapshot:
    """Hold everything that the runtime works by.

    Args:
        service: Name of the service.
        mode: The ceiling of all requirements' modes.
        engine: The policy.
        recorder: Where records go.
        propagator: How context travels.
        keys: What signs, and verifies.
        spool: Directory of the spool; None for memory only.
        own: How names of files of the spool begin; what is done to these is no operation.
        probes: Called with the asset and value that ``op.payload`` offers.
    """

    service: str
    mode: Mode
    engine: Engine
    recorder: Recorder
    propagator: Propagator
    keys: Keyring
    spool: Path | None = None
    own: tuple[str, ...] = ()
    probes: tuple[Callable[[Asset, object], None], ...] = ()
    sites: dict[Operation, Any] = field(factory=dict[Operation, Any], init=False)
    """What the runtime knows about operations under this snapshot."""
    answers: Memo[object, Any] = field(factory=lambda: Memo[object, Any](ANSWERS), init=False)
    """What was answered about those operations, for the sources, zones and reclassifications around them."""
