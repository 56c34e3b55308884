"""kombu, which carries Celery's tasks: messages by any broker, named by exchange and routing key."""

from collections.abc import Callable
from typing import Any

from privacylib.families.messaging.channels import Message, handling, sent
from privacylib.families.messaging.kombu import routed
from privacylib.instrumentation.facts import APART, OF_THE_HOST, Outgoing, argument
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _published(call: Call) -> tuple[Operation, ...]:
    return sent(routed(call["self"].channel.connection.client, call["exchange"], call["routing_key"]))


def _own(headers: Any) -> dict[str, Any]:
    return dict(headers or {})


def _message(consumer: Any, message: Any) -> Message:
    told = message.delivery_info
    client = consumer.channel.connection.client
    return Message(routed(client, told.get("exchange"), told.get("routing_key")), message.headers)


def _received(original: Callable[..., Any]) -> Callable[..., Any]:
    """Open a scope around each message; Celery's own callback only hands it to a task, which has one."""
    handler = handling(_message)(original)

    def receive(consumer: Any, message: Any) -> Any:
        celerys = getattr(consumer.on_message, "__module__", "").startswith("celery.")
        return (original if celerys else handler)(consumer, message)

    return receive


_SENDS = Outgoing(argument("headers"))

_REDIS = (
    *(f"Channel.{name}" for name in (
        "_brpop_start", "_delete", "_get", "_has_queue", "_new_queue", "_poll_error", "_purge", "_put",
        "_put_fanout", "_queue_bind", "_size", "_subscribe", "close", "get_table",
    )),
    *(f"QoS.{name}" for name in ("ack", "append", "reject", "restore_by_tag", "restore_visible")),
)  # fmt: skip
"""What it does with Redis so that this passes for a broker; messages are seen where they are handed out."""

INTEGRATION = Integration(
    "kombu",
    (
        Patch("kombu.messaging:Producer._publish", _published, pins={"headers": _own}, sends=_SENDS, body=APART),
        Replacement("kombu.messaging:Consumer._receive_callback", _received, body=OF_THE_HOST),
        *(Patch(f"kombu.transport.redis:{name}", body=APART) for name in _REDIS),
    ),
    distribution="kombu",
    versions=("5.2", "6"),
    connects=("amqp", "kombu"),
)
