"""What a server says of a request outside of it, as in its log of accesses."""

from privacylib.context.frames import Frame
from privacylib.model import REQUEST
from privacylib.runtime.hot import Handle
from privacylib.runtime.scopes import root_scope

__all__ = ["beside"]


def beside(handle: Handle) -> Frame:
    """Return a frame for what is said of a request: it holds what came in, and nothing that was read for the answer.

    Args:
        handle: What `serve` returned.
    """
    asset, frame = handle.site.operation.asset, handle.frame
    scope = root_scope(frame.scope.name, frame.scope.key)
    scope.parent = 0 if handle.site.silent else handle.span
    for source, link in list(frame.scope.reads.latest.items()):
        if source.asset == asset and source.field == REQUEST:
            scope.reads.add(source, link)
    return Frame(scope, frame.zone)
