"""Start and stop: the four functions stand here, and what they need is imported when one is first called."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["flush", "init", "reload", "shutdown"]


def init(
    service: str | None = None,
    policy: "str | Path | None" = None,
    exporter: "SpanExporter | Sequence[SpanExporter] | None" = None,
    spool: "str | Path | None" = None,
    mode: str = "observe",
    instrument: bool | Iterable[str] = False,
    region: str | None = None,
) -> None:
    """Start seeing this process's operations. Variables named ``PRIVACYLIB_*`` win over arguments.

    Calling it again replaces the configuration as a whole.

    Args:
        service: Name of the service; the program's name where left out.
        policy: A policy file; an empty policy where left out.
        exporter: One or several OpenTelemetry span exporters; they are shut down with privacylib, or when replaced.
            Each is known by its number in the list: keep the order from one start to the next, and add new ones at the
            end.
        spool: Directory of the spool, ``.privacylib`` in the working directory where left out.
        mode: The strictest that requirements may be: ``observe``, ``simulate`` or ``enforce``.
        instrument: I/O libraries to instrument: True for all that are known, or their names.
        region: Where the service runs, for sinks that name no region.

    Raises:
        PolicyFileError: The policy file cannot be accepted; names line, path and remedy.
        PrivacyError: A setting is impossible; names it.
    """
    from privacylib._bootstrap import wiring

    wiring.init(service, policy, exporter, spool, mode, instrument, region)


def reload() -> None:
    """Read the policy file again and put it in force, as one snapshot.

    An operation that is open goes on under the policy it began under; what is read into it is judged by both. What
    work holds keeps the labels with which it was read.

    Raises:
        PrivacyError: `init` was not called.
        PolicyFileError: The file cannot be accepted; the old policy stays in force.
    """
    from privacylib._bootstrap import wiring

    wiring.reload()


def flush(timeout: float = 5.0) -> bool:
    """Export what was recorded so far.

    Args:
        timeout: Most seconds to wait.

    Returns:
        Whether all of it was exported; True where there is no exporter.
    """
    from privacylib._bootstrap import wiring

    return wiring.flush(timeout)


def shutdown(timeout: float = 2.0) -> None:
    """Export what can be exported in time, seal the spool, and pass operations straight through again.

    What is not exported stays in the spool.

    Args:
        timeout: Most seconds to wait.
    """
    from privacylib._bootstrap import wiring

    wiring.shutdown(timeout)
