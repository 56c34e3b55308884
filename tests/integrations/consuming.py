"""What holds of every library that hands out messages: `Consuming`, with one subclass for each in this folder."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from contextvars import Context
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from attrs import frozen

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import users
from tests.watched import Watched, watched

__all__ = ["Consuming", "Courier", "Work"]

KEPT = "db://kept"
OTHERS = "db://others"

Work = Callable[[], None]
"""What a consumer does with a message that it has in hand."""

Headers = dict[str, Any]


@frozen
class Courier:
    """A channel of a real broker.

    Args:
        channel: URI of the channel.
        send: Sends a message, with headers of the host's own.
        consume: Takes as many messages as it is given works for, and does each with one of them in hand.
    """

    channel: str
    send: Callable[[Headers], object]
    consume: Callable[[list[Work]], object]


def apart(work: Callable[[], object]) -> None:
    """Do work in a thread of its own that knows nothing of this one."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            Context().run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised below
            raised.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


class Consuming:
    """Context goes along with a message, each is work of its own, and what cannot be believed is unknown."""

    name: ClassVar[str]
    with_: ClassVar[frozenset[str]] = frozenset()

    def exchange(self, directory: Path) -> AbstractContextManager[Courier]:
        """Open a channel; the broker runs already."""
        raise NotImplementedError

    @pytest.fixture
    def here(self, tmp_path: Path) -> Iterator[Watched]:
        with watched(tmp_path, mode="observe") as found:
            integrations.install(self.with_ | {self.name})
            try:
                yield found
            finally:
                patching.uninstall()

    @pytest.fixture
    def courier(self, here: Watched, tmp_path: Path) -> Generator[Courier]:
        with self.exchange(tmp_path) as found:
            yield found

    def test_a_message_brings_its_senders_context(self, here: Watched, courier: Courier) -> None:
        keys: list[str] = []
        with privacylib.scope("sender"), privacylib.zone("reply"):
            users()
            keys.append(privacylib.current().correlation_key)
            courier.send({})

        def work() -> None:
            context = privacylib.current()
            keys.append(context.correlation_key)
            assert context.labels == {"CONTACT"}
            assert context.zone is not None
            assert context.zone.purposes == ("reply",)
            with privacylib.write(KEPT):
                pass

        apart(lambda: courier.consume([work]))
        assert keys[0] == keys[1]
        assert {("db://users", courier.channel), (courier.channel, KEPT)} <= here.pairs()
        assert not [edge for edge in here.edges() if (edge.source, edge.sink) == ("db://users", KEPT)]

    def test_each_message_is_work_of_its_own(self, here: Watched, courier: Courier) -> None:
        with privacylib.scope("sender"), privacylib.zone("reply"):
            users()
            courier.send({})
        with privacylib.scope("other sender"), privacylib.zone("reply"):
            courier.send({})
        seen: list[tuple[str, frozenset[str]]] = []

        def work(sink: str) -> None:
            context = privacylib.current()
            seen.append((context.correlation_key, context.labels))
            with privacylib.write(sink):
                pass

        apart(lambda: courier.consume([lambda: work(KEPT), lambda: work(OTHERS)]))
        (one, first), (two, second) = seen
        assert one != two
        assert (first, second) == ({"CONTACT"}, frozenset())
        labels = {edge.sink: set(edge.labels) for edge in here.edges() if edge.source == courier.channel}
        assert labels == {KEPT: {"CONTACT"}, OTHERS: set()}

    @pytest.mark.usefixtures("here")
    def test_fault_47_a_forged_context_is_unknown(self, courier: Courier) -> None:
        patching.uninstall()
        courier.send({"baggage": "privacylib=forged"})
        integrations.install(self.with_ | {self.name})
        seen: list[str | None] = []
        apart(lambda: courier.consume([lambda: seen.append(privacylib.current().unknown)]))
        assert len(seen) == 1
        assert seen[0] is not None

    @pytest.mark.usefixtures("here")
    def test_who_consumes_in_a_scope_of_its_own_holds_what_came(self, courier: Courier) -> None:
        with privacylib.scope("sender"), privacylib.zone("reply"):
            users()
            courier.send({})
        held: list[frozenset[str]] = []

        def consume() -> None:
            with privacylib.zone("reply"):
                courier.consume([lambda: held.append(privacylib.current().labels)])

        apart(consume)
        assert held == [{"CONTACT"}]
