"""Programs that are started: arguments and input go into ``command://NAME``, and what they print comes from there."""

from typing import Any

from privacylib.families.commands import RUNNERS, Runner, listed, replaces, started, starts
from privacylib.families.files.paths import PATHS
from privacylib.instrumentation.facts import APART, NO_RESPONSE, Outgoing, Pending, Response, argument, typed
from privacylib.instrumentation.table import Answer, Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_NULL = -3
"""Value of `subprocess.DEVNULL`."""
_TRANSPORT = "asyncio.base_subprocess:BaseSubprocessTransport"


def _process(call: Call) -> tuple[Operation, ...]:
    return started(call["args"], by_shell=bool(call["shell"]), program=call["executable"])


def _starts(call: Call) -> bool:
    return starts(call["args"], program="sh" if call["shell"] else call["executable"])


def _takes_input(call: Call) -> bool:
    """Return whether the program is fed while it runs: by a pipe, a socket as asyncio has it, or a descriptor."""
    given = call["stdin"]
    return given is not None and given != _NULL and (isinstance(given, int) or hasattr(given, "recv"))


def _is_heard(call: Call) -> bool:
    return any(call[name] not in (None, _NULL) for name in ("stdout", "stderr"))


def _fed(call: Call) -> Any:
    return call["self"] if _takes_input(call) else None


def _printed(call: Call) -> tuple[()] | None:
    return () if _is_heard(call) else None


def _program(call: Call) -> tuple[Operation, ...]:
    return replaces(call["path"], call["argv"])


def _runs(runner: Runner) -> Patch:
    def taken(call: Call) -> bool:
        return all(map(call.gives, runner.given)) and runner.runs(call["path"], call["argv"], call["env"])

    more: dict[str, Any] = {"brings": NO_RESPONSE} if runner.returns else {"returns": False}
    return Patch(f"os:{runner.name}", _program, parameters=runner.given, takes=taken, **more)


INTEGRATION = Integration(
    "subprocess",
    (
        Patch(
            "subprocess:Popen.__init__",
            _process,
            pins={"args": listed},
            takes=_starts,
            sends=Outgoing(streams=_takes_input),
            brings=Response(_printed),
            lasts=Pending(_fed, announces=_is_heard),
        ),
        Patch("subprocess:Popen._posix_spawn", body=APART),
        Answer("subprocess:Popen._handle_exitstatus", argument("self")),
        Answer(f"{_TRANSPORT}._process_exited", lambda call: call["self"]._proc),
        Patch("os:system", lambda _: started("", by_shell=True), brings=NO_RESPONSE, takes=typed(command=PATHS)),
        *map(_runs, RUNNERS),
    ),
)
