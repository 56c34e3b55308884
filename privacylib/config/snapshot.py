"""The configuration as one immutable snapshot; a change replaces it whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from privacylib.model import Asset, Mode, Operation
from privacylib.policy.engine import Engine
from privacylib.ports import Recorder
from privacylib.propagation import Propagator

__all__ = ["Snapshot"]


@frozen(eq=False)
class Snapshot:
    """Hold everything that the runtime works by.

    Args:
        service: Name of the service.
        mode: The ceiling of all requirements' modes.
        engine: The policy.
        recorder: Where records go.
        propagator: How context travels.
        spool: Directory of the spool; None for memory only.
        probes: Called with the asset and value that ``op.payload`` offers.
    """

    service: str
    mode: Mode
    engine: Engine
    recorder: Recorder
    propagator: Propagator
    spool: Path | None = None
    probes: tuple[Callable[[Asset, object], None], ...] = ()
    sites: dict[Operation, Any] = field(factory=dict[Operation, Any], init=False)
    """What the runtime knows about operations under this snapshot."""
