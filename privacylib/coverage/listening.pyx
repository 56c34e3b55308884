"""Who is told of the interpreter's audit events, in compiled form: others than those that matter cost no call."""

__all__ = ["listen"]

cdef extern from "coverage/listening.h":
    const char *PRIVACYLIB_LAST
    int privacylib_listen(object told, tuple events) except -1


def listen(told, events):
    """Let somebody be told of events from now on; it cannot be taken back."""
    privacylib_listen(told, (*[event.encode() for event in events], <bytes>PRIVACYLIB_LAST))
