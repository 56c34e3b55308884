"""From records to OpenTelemetry spans and their exporters.

`privacylib.exporters.spans` imports OpenTelemetry's SDK, so it is imported by whoever exports, and not here.
"""

from privacylib.exporters.choosing import NAMES, chosen, named, survives_fork
from privacylib.exporters.detail import Detail, detail_of

__all__ = ["NAMES", "Detail", "chosen", "detail_of", "named", "survives_fork"]
