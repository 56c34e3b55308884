"""The words of privacylib as frozen classes.

Those of what is recorded are made when somebody asks for them: to build a class takes longer than to import its text.
"""

from typing import TYPE_CHECKING, Any

from privacylib.model.asset import REQUEST, RESPONSE, Asset
from privacylib.model.context import NO_ZONE, PolicyContext, Served, Zone
from privacylib.model.decision import ALLOW, Decision, Mode, PolicyDenied, Verdict, Violation
from privacylib.model.flag import Flag
from privacylib.model.operation import Kind, Operation, Part
from privacylib.model.source import Evidence, Source

if TYPE_CHECKING:
    from privacylib.model.flow import Flow, Lowered, Record, Terms

__all__ = [
    "ALLOW", "NO_ZONE", "REQUEST", "RESPONSE", "Asset", "Decision", "Evidence", "Flag", "Flow", "Kind",
    "Lowered", "Mode", "Operation", "Part", "PolicyContext", "PolicyDenied", "Record", "Served", "Source", "Terms",
    "Verdict", "Violation", "Zone",
]  # fmt: skip

_RECORDED = ("Flow", "Lowered", "Record", "Terms")


def __getattr__(name: str) -> Any:
    if name not in _RECORDED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from privacylib.model import flow

    globals().update({each: getattr(flow, each) for each in _RECORDED})
    return globals()[name]
