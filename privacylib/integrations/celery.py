"""Celery: each run of a task has a scope of its own, which goes on where it was sent; kombu sees it being sent."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from privacylib.families.messaging.channels import Message, handling
from privacylib.families.messaging.kombu import routed
from privacylib.instrumentation.table import Call, Integration, Patch

__all__ = ["INTEGRATION"]


def _message(app: Any, uuid: str, args: Any, kwargs: Any, request: Mapping[str, Any] | None = None) -> Message:
    del uuid, args, kwargs
    told = request or {}
    route: Mapping[str, Any] = told.get("delivery_info") or {}
    return Message(routed(app.connection_for_read(), route.get("exchange"), route.get("routing_key")), told)


def _traced(call: Call) -> Any:
    """Return what runs a task; one that runs eagerly is a plain call."""
    app = call["app"] or call["task"].app
    return call.result if call["eager"] else handling(partial(_message, app))(call.result)


_HOLDERS = ("celery.app.trace", "celery.worker.consumer.consumer")

INTEGRATION = Integration(
    "celery",
    tuple(Patch(f"{module}:build_tracer", after=_traced) for module in _HOLDERS),
    distribution="celery",
    versions=("5.2", "6"),
)
