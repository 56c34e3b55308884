"""What an integration is: a table of patches, each with pure functions from a call to its operations."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from privacylib.families.messaging.channels import Message
from privacylib.instrumentation.call import Call, Describe, Fact, Test
from privacylib.instrumentation.facts import NO_RESPONSE, SEEN, Alike, Body, Lasts, Outgoing, Response, always, never
from privacylib.model import Operation

__all__ = [
    "Answer",
    "Call",
    "Delivery",
    "Describe",
    "Integration",
    "Patch",
    "Replacement",
    "Subclass",
    "Target",
    "Test",
]


def _nothing(_: Call) -> tuple[Operation, ...]:
    return ()


@frozen
class Target:
    """One function or class of another library, in whose place something of ours stands.

    Args:
        target: ``module:name`` or ``module:Class.name``.
        parameters: Names of the positional parameters, where the function does not tell.
        since: The first version of Python in which the library has it; None for any.
        until: The first version of Python in which the library does not have it any more; None for none.
        versions: The first version of the integration's distribution that has it, and the first that has not; either
            may be empty. Elsewhere it is not looked for.
        body: What it does inside, and what is seen of that.
    """

    target: str
    parameters: tuple[str, ...] = field(default=(), kw_only=True)
    since: tuple[int, int] | None = field(default=None, kw_only=True)
    until: tuple[int, int] | None = field(default=None, kw_only=True)
    versions: tuple[str, str] = field(default=("", ""), kw_only=True)
    body: Body = field(default=SEEN, kw_only=True)

    @property
    def module(self) -> str:
        """Return the module that holds the target."""
        return self.target.partition(":")[0]

    @property
    def applies(self) -> bool:
        """Return whether this version of Python can have the target."""
        begun = self.since is None or sys.version_info >= self.since
        return begun and (self.until is None or sys.version_info < self.until)


@frozen
class Patch(Target):
    """A function, and what its calls mean.

    Args:
        describe: Returns the operations of a call, before it is made. Pure.
        pins: Arguments that are resolved once, by name: what is described is what is passed on.
            Each function takes the argument, or the default, and returns what stands in its place.
        sends: What goes out with a call.
        brings: What comes back from it.
        lasts: How its operations go on when the function has returned; None where they do not.
        alike: What calls have in common that are described alike; None for calls that are described one by one.
        takes: Returns whether the function takes such arguments at all; where it does not, it raises before it does
            anything, and the call has no operations.
        missing: Returns whether what is to be opened is not there, so that nothing can be transferred:
            the operations then begin when the call has succeeded all the same.
        fails: Returns, of what the function raised, whether nothing was transferred: its operations are then taken
            back. For functions in which no code of the host runs, which might have had something; None for others.
        late: Returns the operations that only the result tells. Pure.
        returns: Whether the function ever does; one that does not ends its operations before.
        after: Returns what the caller gets in place of the result; a coroutine function where the target is one.
    """

    describe: Describe = _nothing
    pins: Mapping[str, Callable[[Any], Any]] = field(factory=dict[str, Callable[[Any], Any]], kw_only=True)
    sends: Outgoing = field(default=Outgoing(), kw_only=True)
    brings: Response = field(default=Response(), kw_only=True)
    lasts: Lasts | None = field(default=None, kw_only=True)
    alike: Alike | None = field(default=None, kw_only=True)
    takes: Test = field(default=always, kw_only=True)
    missing: Test = field(default=never, kw_only=True)
    fails: Callable[[BaseException], bool] | None = field(default=None, kw_only=True)
    late: Describe = field(default=_nothing, kw_only=True)
    returns: bool = field(default=True, kw_only=True)
    after: Fact | None = field(default=None, kw_only=True)

    @property
    def only_pins(self) -> bool:
        """Return whether calls have no operations, and only their arguments are looked after."""
        return bool(self.pins) and self.describe is _nothing and self.after is None


@frozen
class Answer(Target):
    """A function that ends a call which goes on, when it returns; it has no operations itself.

    Args:
        on: Returns the object on which the call went on; see `Pending`.
        brings: What comes back with it.
    """

    on: Fact
    brings: Response = NO_RESPONSE


@frozen
class Delivery(Target):
    """A function that hands out messages, all at once or step by step.

    Args:
        messages: Returns those that a call got, or a step; see `privacylib.families.messaging.channels`.
        answers: Whether they answer a request; else the first argument consumes them one by one.
    """

    messages: Callable[[Call], Iterable[Message]]
    answers: bool = False


@frozen
class Replacement(Target):
    """A function in whose place another one is called.

    Args:
        by: Takes the function, and returns the other one, which is a coroutine function where it is one.
    """

    by: Callable[[Callable[..., Any]], Callable[..., Any]]


@frozen
class Subclass(Target):
    """A class of the interpreter, in whose place a subclass with its patches stands; they come first in the table."""


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
    patches: tuple[Target, ...]
    distribution: str | None = None
    versions: tuple[str, str] = ("", "")
    connects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
