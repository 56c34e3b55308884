"""smtplib under the policy, with a real SMTP server."""

import smtplib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

controller = pytest.importorskip("aiosmtpd.controller")

import privacylib  # noqa: E402
from privacylib import PolicyDenied  # noqa: E402
from tests.integrations.conformance import Conformance, Host, users  # noqa: E402
from tests.servers import free_port  # noqa: E402
from tests.watched import instrumented  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


class Inbox:
    """Keep whom mail was for."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope.rcpt_tos)
        return "250 OK"


@contextmanager
def serving() -> Generator[tuple[Inbox, int]]:
    inbox, port = Inbox(), free_port()
    server: Any = controller.Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield inbox, port
    finally:
        server.stop()


class TestConformance(Conformance):
    name = "smtplib"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        with serving() as (inbox, port):

            def mail(host: str = "127.0.0.1") -> None:
                with smtplib.SMTP(host, port) as server:
                    server.sendmail("ana@example.org", ["bo@example.org"], "Subject: hello\r\n\r\nhello")

            def closed() -> None:
                with smtplib.SMTP("127.0.0.1", port) as server:
                    server.quit()
                    server.sendmail("ana@example.org", ["bo@example.org"], "hello")

            yield Host(
                sink=f"smtp://127.0.0.1:{port}/mail",
                allowed=mail,
                refused=lambda: mail("localhost"),
                arrived=lambda: bool(inbox.mails),
                failing=closed,
                error=smtplib.SMTPServerDisconnected,
            )


class Mailer(smtplib.SMTP):
    """Speak the protocol, as libraries do that want each answer of the server."""

    def sendmail(self, from_addr: str, to_addrs: Any, msg: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        self.ehlo_or_helo_if_needed()
        return self.mail(from_addr), self.rcpt(to_addrs), self.data(msg)


@pytest.mark.parametrize("name", ["expn", "verify", "vrfy"])
def test_an_address_that_is_asked_for_is_sent(tmp_path: Path, name: str) -> None:
    with serving() as (_, port), instrumented(tmp_path, "smtplib") as here:
        with privacylib.zone("reply"), privacylib.scope("work"), smtplib.SMTP("127.0.0.1", port) as server:
            users()
            getattr(server, name)("ana@example.org")
        with privacylib.zone("reply"), privacylib.scope("other"), smtplib.SMTP("localhost", port) as server:
            users()
            with pytest.raises(PolicyDenied):
                getattr(server, name)("ana@example.org")
    (edge,) = [edge for edge in here.edges() if edge.sink == f"smtp://127.0.0.1:{port}/mail"]
    assert (edge.source, edge.count) == ("db://users", 1)


@pytest.mark.parametrize(("mailer", "count"), [(smtplib.SMTP, 1), (Mailer, 2)])
def test_mail_is_seen_whoever_speaks_the_protocol(tmp_path: Path, mailer: type[smtplib.SMTP], count: int) -> None:
    with serving() as (inbox, port), instrumented(tmp_path, "smtplib") as here:
        with privacylib.zone("reply"), privacylib.scope("work"), mailer("127.0.0.1", port) as server:
            users()
            server.sendmail("ana@example.org", "bo@example.org", "hello")
        with privacylib.zone("reply"), privacylib.scope("third"), mailer("localhost", port) as server:
            users()
            with pytest.raises(PolicyDenied):
                server.sendmail("ana@example.org", "bo@example.org", "hello")
    assert inbox.mails == [["bo@example.org"]]
    (edge,) = [edge for edge in here.edges() if edge.sink == f"smtp://127.0.0.1:{port}/mail"]
    assert (edge.source, edge.count) == ("db://users", count)
