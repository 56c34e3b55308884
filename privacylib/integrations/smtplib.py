"""smtplib: mail goes to a server. Who it is for is nobody's business here."""

from typing import Any

from privacylib.families.messaging.channels import channel, sent
from privacylib.instrumentation.facts import COVERED
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _mailed(call: Call) -> tuple[Operation, ...]:
    mailer: Any = call["self"]
    port: int = mailer.sock.getpeername()[1] if mailer.sock is not None else mailer.default_port
    return sent(channel("smtp", mailer._host or "localhost", port, "mail"))


INTEGRATION = Integration(
    "smtplib",
    (
        Patch("smtplib:SMTP.sendmail", _mailed, body=COVERED),
        # for whoever speaks the protocol, as a subclass with a `sendmail` of its own does, or asks for an address
        *(Patch(f"smtplib:SMTP.{name}", _mailed) for name in ("rcpt", "data", "expn", "verify", "vrfy")),
    ),
    connects=("smtplib",),
)
