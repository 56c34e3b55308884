"""nats-py: messages on subjects, also those of JetStream."""

from collections.abc import Iterator
from typing import Any

from privacylib.families.messaging.channels import Message, channel, handling, sent
from privacylib.instrumentation.facts import APART, Outgoing, argument
from privacylib.instrumentation.table import Call, Delivery, Integration, Patch
from privacylib.model import Asset, Kind, Operation

__all__ = ["INTEGRATION"]

_CONTROL = "$JS."  # by which the server is asked about streams, and told that messages have arrived


def _asset(client: Any, subject: str) -> Asset:
    url = client.connected_url
    host, port = ("", None) if url is None else (url.hostname or "", url.port)
    name = "_INBOX.{…}" if subject.startswith("_INBOX.") else subject
    return channel("nats", host, port, name)


def _published(call: Call) -> tuple[Operation, ...]:
    subject: str = call["subject"]
    return () if subject.startswith(_CONTROL) else sent(_asset(call["self"], subject))


def _own(headers: Any) -> dict[str, str]:
    return dict(headers or {})


def _message(message: Any) -> Message:
    return Message(_asset(message._client, message.subject), message.headers)


def _got(call: Call) -> Iterator[Message]:
    yield _message(call.result)


def _answered(call: Call) -> Iterator[Message]:
    if not call["subject"].startswith(_CONTROL):
        yield _message(call.result)


def _fetched(call: Call) -> Iterator[Message]:
    yield from map(_message, call.result)


def _kept(call: Call) -> Iterator[Message]:
    """Yield what a stream has kept, as it does for the buckets of its keys."""
    yield Message(_asset(call["self"]._nc, call.result.subject), call.result.headers)


def _object(call: Call) -> tuple[Operation, ...]:
    """Describe that an object is read, in the pieces as which it was published."""
    store: Any = call["self"]
    return (Operation(Kind.READ, _asset(store._js._nc, f"$O.{store._name}.C.{{token}}")),)


_SENDS = Outgoing(argument("headers"))
_SUBSCRIPTION = "nats.aio.subscription:Subscription"

INTEGRATION = Integration(
    "nats",
    (
        Patch("nats.aio.client:Client.connect"),  # so that its connections are explained
        Patch("nats.aio.client:Client.publish", _published, pins={"headers": _own}, sends=_SENDS),
        Patch("nats.aio.client:Client.subscribe", pins={"cb": handling(_message)}),
        Delivery("nats.aio.client:Client.request", _answered, answers=True),
        Delivery(f"{_SUBSCRIPTION}.next_msg", _got),
        Delivery("nats.aio.subscription:_SubscriptionMessageIterator.__anext__", _got),
        Delivery("nats.js.client:JetStreamContext.PullSubscription.fetch", _fetched, body=APART),
        Delivery("nats.js.manager:JetStreamManager.get_msg", _kept, answers=True, body=APART),
        Patch("nats.js.object_store:ObjectStore.get", _object, body=APART),
    ),
    distribution="nats-py",
    versions=("2.3", "3"),
    connects=("nats",),
)
