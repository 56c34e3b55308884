"""The words of privacylib as frozen classes."""

from privacylib.model.asset import REQUEST, RESPONSE, Asset
from privacylib.model.context import NO_ZONE, PolicyContext, Served, Zone
from privacylib.model.decision import ALLOW, Decision, Mode, PolicyDenied, Verdict, Violation
from privacylib.model.flow import Evidence, Flag, Flow, Lowered, Record, Source, Terms
from privacylib.model.operation import Kind, Operation, Part

__all__ = [
    "ALLOW", "NO_ZONE", "REQUEST", "RESPONSE", "Asset", "Decision", "Evidence", "Flag", "Flow", "Kind",
    "Lowered", "Mode", "Operation", "Part", "PolicyContext", "PolicyDenied", "Record", "Served", "Source", "Terms",
    "Verdict", "Violation", "Zone",
]  # fmt: skip
