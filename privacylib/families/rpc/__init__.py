"""What all libraries of remote procedure calls share: context goes out and in, labels come back.

A library keeps one `Calling` for each call it makes and one `Serving` for each that it answers.
Neither knows its messages: they say when something is sent, and when it arrived. A call that tells
what one before it has told, and that nothing is open around, passes in the shortest way.
"""

from privacylib.families.rpc.again import begin_again
from privacylib.families.rpc.calling import METADATA_LIMIT, Calling, TargetOf
from privacylib.families.rpc.serving import Serving
from privacylib.families.rpc.told import Method

__all__ = ["METADATA_LIMIT", "Calling", "Method", "Serving", "TargetOf", "begin_again"]
