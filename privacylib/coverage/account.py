"""Whether the account is kept, and who counts: one audit hook for the process, which cannot be taken out again."""

from collections.abc import Callable

__all__ = ["keep", "kept", "rest"]


class _Account:
    """Who counts gaps and is told of native libraries, as long as the account is kept."""

    __slots__ = ("changed", "count", "hooked")

    def __init__(self) -> None:
        self.hooked = False
        self.count: Callable[[str], object] | None = None
        self.changed: Callable[[], object] | None = None


_account = _Account()


def keep(count: Callable[[str], object], changed: Callable[[], object]) -> None:
    """Keep the account from now on.

    Args:
        count: Takes the event and the call site of each gap.
        changed: Called when a library is imported that does its I/O unseen.
    """
    _account.count, _account.changed = count, changed
    if not _account.hooked:
        from privacylib.coverage.hook import install

        _account.hooked = True
        install(_account)


def kept() -> bool:
    """Return whether the account is kept."""
    return _account.count is not None


def rest() -> None:
    """Keep it no longer: the hook stays, and does nothing."""
    _account.count = _account.changed = None
