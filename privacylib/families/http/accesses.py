"""What servers log of the requests that they serve, outside of these."""

import contextlib
from collections.abc import Callable
from typing import Any

from privacylib.context import Frame, Stage
from privacylib.families.http.protocol import Served
from privacylib.model import PolicyDenied
from privacylib.runtime import beside, faults

__all__ = ["SERVED", "Mark", "beside_request"]

SERVED = "privacylib.served"
"""Key in the environment of a request that is served already, with its `Mark`."""


class Mark:
    """Lead from a request's environment to the request. Printed, copied and pickled it is no more than True.

    Args:
        served: The request.
    """

    __slots__ = ("served",)

    def __init__(self, served: Served) -> None:
        self.served = served

    def __repr__(self) -> str:
        return repr(True)

    def __reduce__(self) -> tuple[type[bool], tuple[int]]:
        return bool, (1,)


Environ = dict[str, Any]


def beside_request(environ_of: Callable[..., Environ | None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what stands in the place of a server's function that logs a request, in whatever frame the server is.

    What came in flows into the log, and nothing that was read for the answer. A line that must not be written is left
    out, and the answer is not: nobody who asks has a part in what the server logs.

    Args:
        environ_of: Takes the arguments of the function, and returns the request's environment where it has one.
    """

    def makes(original: Callable[..., Any]) -> Callable[..., Any]:
        def log(*args: Any, **more: Any) -> Any:
            frame = _frame_beside(environ_of(*args, **more))
            if frame is None:
                return original(*args, **more)
            with contextlib.suppress(PolicyDenied), Stage(frame):
                return original(*args, **more)

        return log

    return makes


def _frame_beside(environ: Environ | None) -> Frame | None:
    """Return the frame that a request is logged in; None for one that is not served under the policy."""
    try:
        mark = (environ or {}).get(SERVED)
        return beside(mark.served.handle) if isinstance(mark, Mark) else None
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("serving", error)
        return None
