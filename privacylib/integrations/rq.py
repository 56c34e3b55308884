"""rq: each run of a job has a scope of its own, which goes on where the job was put into its queue."""

from typing import Any

from privacylib.families.messaging.channels import Message, channel, handling, sent
from privacylib.instrumentation.facts import APART, OF_THE_HOST, Outgoing
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.model import Asset, Operation
from privacylib.propagation.carriers import presented

__all__ = ["INTEGRATION"]


def _asset(connection: Any, name: str) -> Asset:
    told = connection.connection_pool.connection_kwargs
    return channel("rq", told.get("host") or told.get("path") or "localhost", told.get("port"), name)


def _put(call: Call) -> tuple[Operation, ...]:
    return sent(_asset(call["self"].connection, call["self"].name))


def _headers(call: Call) -> Any:
    """Return the job's own notes; a job that is put again, by a scheduler, keeps what it brought along."""
    notes = call["job"].meta
    return {} if presented(notes).members else notes


def _message(job: Any) -> Message:
    return Message(_asset(job.connection, job.origin or ""), job.meta)


INTEGRATION = Integration(
    "rq",
    (
        Patch("rq.queue:Queue._enqueue_async_job", _put, sends=Outgoing(_headers), body=APART),
        Patch("rq.queue:Queue.schedule_job", _put, sends=Outgoing(_headers), body=APART),
        Replacement("rq.job:Job.perform", handling(_message), body=OF_THE_HOST),
    ),
    distribution="rq",
    versions=("1.16", "4"),
)
