"""What a patch can say of calls beside their operations: what goes out, what comes back, what lasts, what is inside."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from privacylib.instrumentation.call import Call, Fact, Test
from privacylib.model import Kind, Operation
from privacylib.propagation.carriers import Carrier, MutableCarrier

__all__ = [
    "APART",
    "ASKS_HOST",
    "COVERED",
    "NO_RESPONSE",
    "OF_THE_HOST",
    "SEEN",
    "STREAMED",
    "TOLD",
    "WHOLE",
    "Alike",
    "Body",
    "Lasts",
    "Opened",
    "Outgoing",
    "Pending",
    "Response",
    "always",
    "argument",
    "never",
    "stays_apart",
    "typed",
]


def argument(name: str) -> Fact:
    """Return what takes one argument from a call.

    Args:
        name: Of the parameter, ``self`` included.
    """
    return lambda call: call[name]


def always(_: Call) -> bool:
    """Say yes of any call."""
    return True


def typed(**types: type | tuple[type, ...]) -> Test:
    """Return what tells of a call whether arguments are of the types that a function takes.

    Args:
        types: Of each of them; an argument that was not given is None.
    """
    wanted = tuple(types.items())
    return lambda call: all(isinstance(call[name], of) for name, of in wanted)


def never(_: Call) -> bool:
    """Say no of any call."""
    return False


def stays_apart(operations: Sequence[Operation]) -> bool:
    """Return whether no operation of a call reads behind one that writes, as in a script: its reads are not of that."""
    wrote = False
    for operation in operations:
        if wrote and operation.kind is not Kind.WRITE:
            return False
        wrote = wrote or operation.kind is not Kind.READ
    return True


@frozen
class Outgoing:
    """What goes out with a call.

    Args:
        headers: Returns those in which a remote call, or a message that is written, takes context along; None for none.
        streams: Returns whether what is sent, or written, is still made meanwhile.
        undo: Takes back what was prepared for a call that is refused.
    """

    headers: Callable[[Call], MutableCarrier] | None = None
    streams: Test = never
    undo: Callable[[Call], object] | None = None


STREAMED = Outgoing(streams=always)
"""What is sent, or written, is still made meanwhile."""


def _untold(_: Call) -> tuple[()]:
    return ()


def _nothing(_: Call) -> None:
    return None


@frozen
class Response:
    """What comes back from a call.

    Args:
        headers: Returns those in which a response brings labels back; None where nothing comes back.
        closes: Method of the result that frees it, where the caller does not get it; empty for none.
    """

    headers: Callable[[Call], Carrier | None] = _untold
    closes: str = ""


NO_RESPONSE = Response(_nothing)
"""Nothing comes back."""


@frozen
class Opened:
    """Operations that last until what was returned is closed, as an open file is written until then.

    Args:
        rebuilt: Makes the result an instance of a subclass, which it gets from the function it is given; returns
            None for a result that cannot last.
        ends: Method of the result that ends the operations, and that closes a result which the caller does not get.
        steps: Methods of the result that are operations of their own in scopes other than the first.
    """

    rebuilt: Callable[[Call, Callable[[type], type]], Any]
    ends: str
    steps: tuple[str, ...] = ()


@frozen
class Pending:
    """A remote call that goes on when the function has returned, until an `Answer` on the same object.

    Args:
        on: Returns the object on which it goes on; None for a call that has ended.
        announces: Returns whether what the call brings is read from then on, and not only when it is answered.
    """

    on: Fact
    announces: Test = never


Lasts: TypeAlias = Opened | Pending


@frozen
class Alike:
    """What calls have in common that are described alike, so that each is described once.

    Not for files, nor for what is called remotely or lasts.

    Args:
        shape: Takes the arguments of a call, and those given by name, and returns what it has in common with others;
            None for nothing.
        keeps: Returns whether what describes a call may be kept under its shape.
        kind: Takes a shape, and returns what those have in common that are described alike, None for nothing: for
            shapes that are many and told at a glance, where their kinds are few and have to be worked out.
    """

    shape: Callable[[tuple[Any, ...], dict[str, Any]], Hashable]
    keeps: Test = always
    kind: Callable[[Any], Hashable] | None = None


@frozen
class Body:
    """What a function does inside, and what is seen of it.

    Args:
        covers: Whether the call stands for the operations inside it on the same assets.
        carries: Returns whether the remote calls inside are only how the call is carried out.
        apart: Whether what it does inside, also by other libraries, is part of it and not seen by itself.
        of_the_host: Whether it runs code of the host, such as a task or an application, whose own I/O it does not
            explain.
        passes_for: Module that ours seems to be of, for a plain function of it that others of it call, and that looks
            at who calls them.
        in_caller: Whether it is a plain function that looks at the variables of who calls it.
        asks_host: Whether it takes what it writes from code of the host while it runs, as from the rows of a generator
            or the ``__str__`` of an argument: what that reads flows into the write.
        told: Whether its operations were told of before, as those of lines kept back: the call only stands for
            the same inside it.
    """

    covers: bool = False
    carries: Test = never
    apart: bool = False
    of_the_host: bool = False
    passes_for: str = ""
    in_caller: bool = False
    asks_host: bool = False
    whole: bool = False
    told: bool = False


SEEN = Body()
"""What happens inside is seen as ever."""
COVERED = Body(covers=True)
TOLD = Body(covers=True, told=True)
APART = Body(apart=True)
ASKS_HOST = Body(asks_host=True)
OF_THE_HOST = Body(of_the_host=True)
WHOLE = Body(whole=True)
