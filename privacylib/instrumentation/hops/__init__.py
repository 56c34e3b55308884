"""Context hops: how the policy context gets from where work is submitted to where it runs.

Each module covers one kind of hop and lists what it replaces. Everything passes straight through
while no snapshot is in force. Which hops are kept stands in ``docs/reference/context-hops.md``.
"""

from privacylib.instrumentation.hops.installing import install, uninstall

__all__ = ["install", "uninstall"]
