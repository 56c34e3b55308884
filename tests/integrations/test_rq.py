"""rq under the policy, with a real Redis."""

import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

rq = pytest.importorskip("rq")
redis = pytest.importorskip("redis")

from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


class Jobs:
    """What the jobs of these tests do."""

    works: ClassVar[list[Work]] = []

    @staticmethod
    def next() -> None:
        Jobs.works.pop(0)()


@contextmanager
def queue(port: int, name: str) -> Generator[Any]:
    connection: Any = redis.Redis("127.0.0.1", port)
    try:
        yield rq.Queue(name, connection=connection)
    finally:
        connection.close()


class TestConformance(brokers.OnBroker, Conformance):
    name = "rq"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        port = self.port

        def put(name: str, **options: Any) -> None:
            with queue(port, name) as at:
                at.enqueue(Jobs.next, **options)

        def waiting() -> int:
            with queue(port, "plain") as at:
                return int(at.count)

        with queue(port, "plain") as at:
            at.empty()
        yield Host(
            sink=f"rq://127.0.0.1:{port}/contacts",
            allowed=lambda: put("contacts"),
            refused=lambda: put("plain"),
            arrived=lambda: waiting() > 0,
            failing=lambda: put("contacts", job_timeout="soon"),
            error=Exception,
        )


def half(number: float) -> float:
    return number / 2


def failing() -> None:
    raise ValueError("canary")


def worked(at: Any) -> list[Any]:
    """Run all jobs of a queue in this process."""
    worker = rq.SimpleWorker([at], connection=at.connection)
    worker.log.disabled = True
    done = worker.work(burst=True, logging_level="CRITICAL")
    return [done, at.count, sorted(type(each).__name__ for each in (worker, at))]


class TestDifferential(brokers.OnBroker, Differential):
    name = "rq"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with queue(self.port, "differs") as at, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            at.connection.flushdb()
            yield at

    def plain(self, text: str) -> str:
        text = re.sub(r"datetime\(.*?\)\)", "WHEN", text)
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d\d(\d\d)?([-:T ]\d\d)+[.\d]*\S*|:\d{4,5}\b", "ID", text)

    def effects(self, world: Any) -> object:
        return world.count

    calls = (
        lambda at: type(at.enqueue(half, 2)).__name__,
        worked,
        lambda at: [at.enqueue(half, 2, job_id="one", meta={"theirs": 1}).meta["theirs"], at.get_job_ids()],
        worked,
        lambda at: [at.fetch_job("one").return_value(), at.fetch_job("one").get_status()],
        lambda at: [at.enqueue(failing, job_id="two").id, worked(at), at.fetch_job("two").get_status()],
        lambda at: at.enqueue(half, 2, job_timeout="soon"),
        lambda at: at.enqueue(),
        lambda at: at.enqueue("no such function"),
        lambda at: rq.Queue("asked", connection=at.connection, is_async=False).enqueue(half, 2).return_value(),
    )


class TestConsuming(brokers.OnBroker, Consuming):
    name = "rq"

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory
        port = self.port

        def send(headers: dict[str, Any]) -> None:
            with queue(port, "letters") as at:
                at.enqueue(Jobs.next, meta=headers)

        def consume(works: list[Work]) -> None:
            Jobs.works[:] = works
            with queue(port, "letters") as at, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # its own, of the clock
                worker = rq.SimpleWorker([at], connection=at.connection)
                worker.death_penalty_class = rq.timeouts.TimerDeathPenalty
                worker._install_signal_handlers = lambda: None
                worker.work(burst=True)
                assert not works or not Jobs.works
                assert not at.failed_job_registry.get_job_ids()

        with queue(port, "letters") as at:
            at.empty()
        yield Courier(f"rq://127.0.0.1:{port}/letters", send, consume)
