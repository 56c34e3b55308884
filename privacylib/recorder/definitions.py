"""Lines that define flows, each under a number."""

import re

from privacylib.model import Flow, Kind
from privacylib.recorder.flowtext import flow_of, flow_text
from privacylib.recorder.lines import BEHIND_CHECKSUM, is_whole, sealed, unsealed

__all__ = ["defined", "definition_line", "parse_line"]

_DEFINITION = re.compile(rb'"id":(\d+),"flow":(\{"kind":"([A-Z]+)",.*\})\}')


def definition_line(number: int, text: bytes) -> bytes:
    """Return the line that defines the flow of a text as `number`."""
    return sealed(b'"id":%d,"flow":%s}' % (number, text))


def parse_line(line: bytes) -> tuple[int, Flow] | None:
    """Return number and flow of a line without its line feed, or None when it is torn or damaged."""
    members = unsealed(line)
    if members is None:
        return None
    try:
        return int(members["id"]), flow_of(members["flow"])
    except (ValueError, KeyError, TypeError):  # a newer format: this reader does not know such a flow
        return None


def defined(line: bytes) -> tuple[int, bytes, bool] | None:
    """Return number and text of the flow that a line defines, and whether it is a CALL; None as `parse_line` does."""
    found = _DEFINITION.fullmatch(line, BEHIND_CHECKSUM)
    if found is None or not is_whole(line):  # there may be writers who write the same in another order
        parsed = parse_line(line)
        return parsed and (parsed[0], flow_text(parsed[1]), parsed[1].kind is Kind.CALL)
    return int(found[1]), found[2], found[3] == b"CALL"
