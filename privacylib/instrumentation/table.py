"""What an integration is: a table of patches, each with a pure function from a call to its operations."""

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from privacylib.families.messaging import Message
from privacylib.model import Operation
from privacylib.propagation.carriers import Carrier, MutableCarrier

__all__ = ["Call", "Describe", "Integration", "Patch"]


@frozen
class Call:
    """One call of a patched function, as a description of facts.

    Args:
        args: Positional arguments.
        kwargs: Keyword arguments.
        positions: Where each parameter stands among the positional ones.
        defaults: Values of parameters that were not given.
        result: What the function returned; None before it did.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    positions: Mapping[str, int]
    defaults: Mapping[str, Any]
    result: Any = None

    def __getitem__(self, name: str) -> Any:
        """Return an argument by its name, or the parameter's default; None where there is neither."""
        if name in self.kwargs:
            return self.kwargs[name]
        position = self.positions.get(name)
        if position is not None and position < len(self.args):
            return self.args[position]
        return self.defaults.get(name)

    def returning(self, result: Any) -> "Call":
        """Return the call with what the function returned."""
        return Call(self.args, self.kwargs, self.positions, self.defaults, result)


Describe: TypeAlias = Callable[[Call], tuple[Operation, ...]]


def _nothing(_: Call) -> tuple[Operation, ...]:
    return ()


def _always(_: Call) -> bool:
    return True


@frozen
class Patch:
    """One function of another library, and what its calls mean.

    Args:
        target: ``module:name`` or ``module:Class.name``.
        describe: Returns the operations of a call, before it is made. Pure.
        parameters: Names of the positional parameters, where the function does not tell.
        pins: Arguments that are resolved once, by name: what is described is what is passed on.
            Each function takes the argument, or the default, and returns what stands in its place.
        missing: Returns whether what is to be opened is not there, so that nothing can be transferred:
            the operations then begin when the call has succeeded all the same.
        rebuilt: Makes the result an instance of a subclass, which it gets from the function it is given,
            for operations that last longer than the call; returns None for a result that cannot last.
        ends: Method of such a result that ends the operations.
        steps: Methods of such a result that are operations of their own in scopes other than the first.
        streams: Returns whether what is sent, or written, is still made meanwhile.
        covers: Whether the call stands for the operations inside it on the same assets.
        carries: Returns whether the remote calls inside a call are only how it is carried out.
        sends: Returns the headers in which a call, or a message that is written, takes context along.
        brings: Returns the headers in which a response brings labels back; None where nothing comes back.
        closes: Method of the result that frees it, for a response that is refused.
        undo: Takes back what was prepared for a call that is refused.
        goes_on: Returns the object on which a call goes on when the function has returned, until a function of that
            object that `answers`; None for a call that has ended. Not for files.
        announces: Whether what a call that goes on brings is read from then on, and not only when it is answered.
        answers: Returns the object whose call the function ends when it returns; it has no operations itself.
        returns: Whether the function ever does; one that does not ends its operations before.
        within: Module that what stands in its place seems to be of, for a plain function that looks at who calls it.
        instead: What is called in place of the function, and does the same in steps that are seen.
        wraps: Takes the function, and returns what is called in its place.
        takes: Returns the messages that a call got; see `privacylib.families.messaging`.
        asks: Whether these answer a request; else the first argument consumes them one by one.
        after: Returns what the caller gets in place of the result; a coroutine function where the target is one.
        shape: Takes the arguments of a call, and returns what calls that are described alike have in common;
            None for one that has nothing in common. Not for files, nor for what is called remotely or lasts.
        keeps: Returns whether what describes a call may be kept under its shape.
        alone: Whether what the function does inside, also by other libraries, is part of it and not seen apart.
        derived: Whether the target is a class of the interpreter, in whose place a subclass with its patches stands;
            they come before it in the table.
        until: The first version of Python in which the library does not have the function any more; None for none.
        runs_host: Whether the function runs code of the host, such as a task or an application, whose own I/O it does
            not explain.
    """

    target: str
    describe: Describe = _nothing
    parameters: tuple[str, ...] = ()
    pins: Mapping[str, Callable[[Any], Any]] = field(factory=dict[str, Callable[[Any], Any]])
    missing: Callable[[Call], bool] | None = None
    rebuilt: Callable[[Call, Callable[[type], type]], Any] | None = None
    ends: str = ""
    steps: tuple[str, ...] = ()
    streams: Callable[[Call], bool] | None = None
    covers: bool = False
    carries: Callable[[Call], bool] | None = None
    sends: Callable[[Call], MutableCarrier] | None = None
    brings: Callable[[Call], Carrier | None] | None = None
    closes: str = ""
    undo: Callable[[Call], object] | None = None
    goes_on: Callable[[Call], Any] | None = None
    announces: Callable[[Call], bool] | None = None
    answers: Callable[[Call], Any] | None = None
    returns: bool = True
    within: str = ""
    instead: Callable[..., Any] | None = None
    wraps: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
    takes: Callable[[Call], Iterable[Message]] | None = None
    asks: bool = False
    after: Callable[[Call], Any] | None = None
    shape: Callable[..., Hashable] | None = None
    keeps: Callable[[Call], bool] = _always
    alone: bool = False
    derived: bool = False
    until: tuple[int, int] | None = None
    runs_host: bool = False

    @property
    def module(self) -> str:
        """Return the module that holds the target."""
        return self.target.partition(":")[0]

    @property
    def only_pins(self) -> bool:
        """Return whether calls have no operations, and only their arguments are looked after."""
        return bool(self.pins) and self.describe is _nothing and self.after is None

    @property
    def applies(self) -> bool:
        """Return whether this version of Python can have the target."""
        return self.until is None or sys.version_info < self.until


@frozen
class Integration:
    """A library that is seen without a change of code.

    Args:
        name: What ``init(instrument=…)`` calls it.
        patches: What is patched.
        distribution: The package that brings the library; None for the standard library.
        versions: Lowest version that is known to work, and the first that is not; either may be empty.
        connects: Top-level packages that open the library's connections, over which nothing goes but what the patches
            see: these connections are no gaps, as long as all patches are in place.
        needs: Names of the integrations that see what it does with other libraries.
    """

    name: str
    patches: tuple[Patch, ...]
    distribution: str | None = None
    versions: tuple[str, str] = ("", "")
    connects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
