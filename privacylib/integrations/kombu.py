"""kombu, which carries Celery's tasks: messages by any broker, named by exchange and routing key."""

from typing import Any

from privacylib.families.kombu import routed
from privacylib.families.messaging import Message, handling, sent
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _published(call: Call) -> tuple[Operation, ...]:
    return sent(routed(call["self"].channel.connection.client, call["exchange"], call["routing_key"]))


def _headers(call: Call) -> Any:
    return call["headers"]


def _own(headers: Any) -> dict[str, Any]:
    return dict(headers or {})


def _message(consumer: Any, body: object, message: Any) -> Message:
    del body
    told = message.delivery_info
    client = consumer.channel.connection.client
    return Message(routed(client, told.get("exchange"), told.get("routing_key")), message.headers)


INTEGRATION = Integration(
    "kombu",
    (
        Patch("kombu.messaging:Producer._publish", _published, pins={"headers": _own}, sends=_headers, alone=True),
        Patch("kombu.messaging:Consumer.receive", wraps=handling(_message), runs_host=True),
    ),
    distribution="kombu",
    versions=("5.2", "6"),
    connects=("amqp", "kombu"),
)
