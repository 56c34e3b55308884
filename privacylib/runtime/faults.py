"""What happens when privacylib itself fails: the host goes on, unless a decision is at stake in enforce."""

import functools
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from privacylib.model import Decision, Mode, Operation, PolicyDenied, Violation

if TYPE_CHECKING:
    from privacylib.config import Snapshot

__all__ = ["by_the_host", "counted", "deciding", "swallowed", "while_deciding"]

counted: Counter[str] = Counter()
"""Errors swallowed so far, by where and type."""

tell: Callable[[str], object] = str
"""Called with where and type of each error that is swallowed; `init` lets the recorder count them."""

INTERVAL = 60.0
"""Seconds between two log lines, however many errors there are."""

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("privacylib")
_next_line = 0.0


def while_deciding(snapshot: "Snapshot", operation: Operation, error: Exception, where: str = "deciding") -> None:
    """Swallow an error of the decision path; under enforce deny instead.

    Args:
        snapshot: What would have decided.
        operation: On what.
        error: What was raised.
        where: What we were about.

    Raises:
        PolicyDenied: The process enforces, so what cannot be decided must not flow.
    """
    swallowed(where, error)
    if snapshot.mode is Mode.ENFORCE:
        reason = f"privacylib could not decide ({type(error).__name__})"
        violation = Violation("unknown", reason, "# report this error to the maintainers of privacylib\n", Mode.ENFORCE)
        raise PolicyDenied(Decision.of((violation,)), operation.asset.uri) from error


def deciding(step: Callable[P, T]) -> Callable[P, T | None]:
    """Let a step fail by the rules for our own errors; its first argument is a site, or has one."""

    @functools.wraps(step)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return step(*args, **kwargs)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            subject: Any = args[0]
            site = getattr(subject, "site", subject)
            while_deciding(site.snapshot, site.operation, error)
            return None

    return guarded


def swallowed(where: str, error: BaseException) -> None:
    """Count an error and log it, at most once a minute; never its message, which may hold data.

    What a signal handler of the host raised in the middle of our code is not swallowed: it is raised again.
    """
    global _next_line
    if by_the_host(error):
        raise error
    name = f"{where}:{type(error).__name__}"
    counted[name] += 1
    with suppress(Exception):  # what cannot be written down is still counted here
        tell(name)
    now = monotonic()
    if now >= _next_line:
        _next_line = now + INTERVAL
        _log.warning("privacylib failed while %s (%s); the host went on", where, type(error).__name__)


def by_the_host(error: BaseException) -> bool:
    """Return whether a signal handler of the host raised an error in the middle of our code; see `of_the_host`."""
    from privacylib.recorder import of_the_host  # where an error is told apart, the recorder has long been in use

    return of_the_host(error)
