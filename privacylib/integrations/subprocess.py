"""Programs that are started: arguments and input go into ``command://NAME``, and what they print comes from there."""

from typing import Any

from privacylib.families.commands import started
from privacylib.instrumentation.facts import APART, NO_RESPONSE, Outgoing, Pending, Response, argument
from privacylib.instrumentation.table import Answer, Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_NULL = -3
"""Value of `subprocess.DEVNULL`."""

_SPAWN = ("path", "argv", "env")
_TRANSPORT = "asyncio.base_subprocess:BaseSubprocessTransport"


def _process(call: Call) -> tuple[Operation, ...]:
    return started(call["args"], by_shell=bool(call["shell"]), program=call["executable"])


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


def _of_transport(call: Call) -> Any:
    return call["self"]._proc


def _line(call: Call) -> tuple[Operation, ...]:
    return started(call["command"], by_shell=True)


def _program(call: Call) -> tuple[Operation, ...]:
    words = call["argv"]
    return started([call["path"], *words[1:]])


def _in_place(name: str, *parameters: str) -> Patch:
    return Patch(f"os:{name}", _program, parameters=parameters, returns=False)


INTEGRATION = Integration(
    "subprocess",
    (
        Patch(
            "subprocess:Popen.__init__",
            _process,
            sends=Outgoing(streams=_takes_input),
            brings=Response(_printed),
            lasts=Pending(_fed, announces=_is_heard),
        ),
        Patch("subprocess:Popen._posix_spawn", body=APART),
        Answer("subprocess:Popen._handle_exitstatus", argument("self")),
        Answer(f"{_TRANSPORT}._process_exited", _of_transport),
        Patch("os:system", _line, brings=NO_RESPONSE),
        *(Patch(f"os:posix_{name}", _program, parameters=_SPAWN, brings=NO_RESPONSE) for name in ("spawn", "spawnp")),
        _in_place("execv", "path", "argv"),
        _in_place("execve", "path", "argv", "env"),
    ),
)
