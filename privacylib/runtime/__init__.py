"""The choke point that every operation passes."""

from privacylib.runtime import faults, hot
from privacylib.runtime.active import ACTIVE, Declared, absent, site_now, snapshot_now
from privacylib.runtime.beside import beside
from privacylib.runtime.brought import CARRIED, begin_under, hold, is_carrier, is_told, scope_under, stacked, zone_under
from privacylib.runtime.calls import answer, begin_answer, requested, responded
from privacylib.runtime.endpoints import (
    complete,
    decide_answer,
    finish,
    held_now,
    respond,
    serve,
    serve_taken,
    told_now,
)
from privacylib.runtime.flows import flow_of, merged, terms_of
from privacylib.runtime.gaps import judge_uncovered
from privacylib.runtime.hot import Handle, begin, end, into_open_writes, record, refuse, step_out
from privacylib.runtime.known import Known, Site, decision_on, site_of
from privacylib.runtime.scopes import (
    ZoneStep,
    apart,
    commanded,
    enter_lowering,
    enter_scope,
    exit_frame,
    narrowed,
    zone_around,
)
from privacylib.runtime.voided import tell_void
from privacylib.runtime.ways import explained, remember, ways_into

__all__ = [
    "ACTIVE", "CARRIED", "COMPILED", "Declared", "Handle", "Known", "Site", "ZoneStep", "absent", "answer", "apart",
    "begin", "begin_answer", "begin_under", "beside", "commanded", "complete", "decide_answer", "decision_on", "end",
    "enter_lowering", "enter_scope", "exit_frame", "explained", "faults", "finish", "flow_of", "held_now", "hold",
    "into_open_writes", "is_carrier", "is_told", "judge_uncovered", "merged", "narrowed", "record", "refuse",
    "remember", "requested", "respond", "responded", "scope_under", "serve", "serve_taken", "site_now", "site_of",
    "snapshot_now", "stacked",
    "step_out", "tell_void", "terms_of", "told_now", "ways_into", "zone_around", "zone_under",
]  # fmt: skip

COMPILED = not str(hot.__file__).endswith(".py")
"""Whether the compiled form runs: one extension module for each file of the hot path, from the same wheel."""
