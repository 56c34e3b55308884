"""One call of a function of another library, as a description of facts."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from privacylib.model import Operation

__all__ = ["Call", "CallOf", "Describe", "Fact", "Test"]


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

    def gives(self, name: str) -> bool:
        """Return whether an argument was given."""
        return name in self.kwargs or self.positions.get(name, len(self.args)) < len(self.args)

    def returning(self, result: Any) -> "Call":
        """Return the call with what the function returned."""
        return Call(self.args, self.kwargs, self.positions, self.defaults, result)


Describe: TypeAlias = Callable[[Call], tuple[Operation, ...]]
Fact: TypeAlias = Callable[[Call], Any]
CallOf: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Call]
Test: TypeAlias = Callable[[Call], bool]
