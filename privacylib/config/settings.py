"""What `init` was told: by arguments, and by the operator's variables, which win."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from privacylib.errors import PrivacyError
from privacylib.model import Mode
from privacylib.recorder import DEFAULT_CAP

__all__ = ["Settings", "mode_named", "settings"]

PREFIX = "PRIVACYLIB_"
_TEXTS = ("service", "policy", "spool", "mode", "region", "exporter", "spans")
LEAST_CAP = 1 << 20
"""Bytes without which a few processes cannot share a spool."""
_TRUE, _FALSE = ("1", "true", "yes", "on", "all"), ("", "0", "false", "no", "off")


@frozen
class Settings:
    """Hold what was asked for.

    Args:
        service: Name of the service, in spans and reports.
        policy: The policy file, or None for an empty policy.
        spool: Directory of the spool.
        mode: The ceiling of all requirements' modes.
        instrument: Names of I/O libraries to instrument; None for all of them.
        region: Region of the service, or None.
        exporter: What the operator calls the exporter, or None to take those of the code.
        spans: What the operator wants to become spans, or None for each operation.
        spool_max: Bytes that the spool may take.
        poll: Seconds between two looks at the policy file; None to look only when told.
    """

    service: str
    policy: Path | None
    spool: Path
    mode: Mode
    instrument: frozenset[str] | None
    region: str | None
    exporter: str | None = None
    spans: str | None = None
    spool_max: int = DEFAULT_CAP
    poll: float | None = None


def settings(
    service: str | None,
    policy: str | Path | None,
    spool: str | Path | None,
    mode: str,
    instrument: bool | Iterable[str],
    region: str | None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings in force.

    Raises:
        PrivacyError: A value is none of those possible; names the argument or the variable.
    """
    told = {name: environ.get(PREFIX + name.upper()) for name in _TEXTS}
    file = told["policy"] or policy
    return Settings(
        service=told["service"] or service or _program(),
        policy=Path(file) if file else None,
        spool=Path(told["spool"] or spool or ".privacylib"),
        mode=mode_named(told["mode"] or mode, "PRIVACYLIB_MODE" if told["mode"] else "init(mode=)"),
        instrument=_names(environ.get(PREFIX + "INSTRUMENT"), instrument),
        region=told["region"] or region,
        exporter=told["exporter"],
        spans=told["spans"],
        spool_max=_bytes(environ.get(PREFIX + "SPOOL_MAX")),
        poll=_seconds(environ.get(PREFIX + "POLL")),
    )


def _program() -> str:
    """Name a service that names itself nowhere after its program."""
    return Path(sys.argv[0] or "python").stem or "python"


def _bytes(variable: str | None) -> int:
    if not variable:
        return DEFAULT_CAP
    if not variable.isdecimal() or int(variable) < LEAST_CAP:
        raise PrivacyError(f"PRIVACYLIB_SPOOL_MAX is {variable!r}; it must be a number of bytes, at least {LEAST_CAP}")
    return int(variable)


def _seconds(variable: str | None) -> float | None:
    if not variable:
        return None
    try:
        seconds = float(variable)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise PrivacyError(f"PRIVACYLIB_POLL is {variable!r}; it must be a number of seconds above 0")
    return seconds


def mode_named(text: str, where: str) -> Mode:
    """Return the mode that a text names.

    Args:
        text: ``observe``, ``simulate`` or ``enforce``, in any case.
        where: Where the text stands, for the error.

    Raises:
        PrivacyError: It names none.
    """
    try:
        return Mode[text.upper()]
    except KeyError:
        raise PrivacyError(f"{where} is {text!r}; it must be observe, simulate or enforce") from None


def _names(variable: str | None, argument: bool | Iterable[str]) -> frozenset[str] | None:
    if variable is not None:
        if variable.lower() in _TRUE:
            return None
        return frozenset() if variable.lower() in _FALSE else frozenset(n.strip() for n in variable.split(","))
    if isinstance(argument, bool):
        return None if argument else frozenset()
    return frozenset([argument] if isinstance(argument, str) else argument)
