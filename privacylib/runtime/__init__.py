"""The choke point that every operation passes."""

from privacylib.runtime import faults
from privacylib.runtime.active import ACTIVE, Declared, absent, site_now
from privacylib.runtime.endpoints import answer, complete, finish, held_now, respond, serve
from privacylib.runtime.hot import Handle, begin, end
from privacylib.runtime.known import Known, Site, decision_on, site_of
from privacylib.runtime.scopes import enter_lowering, enter_scope, enter_zone, exit_frame, narrowed, root_scope

__all__ = [
    "ACTIVE", "Declared", "Handle", "Known", "Site", "absent", "answer", "begin", "complete", "decision_on", "end",
    "enter_lowering", "enter_scope", "enter_zone", "exit_frame", "faults", "finish", "held_now", "narrowed", "respond",
    "root_scope", "serve", "site_now", "site_of",
]  # fmt: skip
