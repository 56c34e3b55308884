"""From records to OpenTelemetry spans and their exporters.

`privacylib.exporters.spans` imports OpenTelemetry's SDK, so it is imported by whoever exports, and not here.
"""

from privacylib.exporters.choosing import NAMES, chosen

__all__ = ["NAMES", "chosen"]
