"""Celery under the policy, with a real Redis between sender and worker."""

import logging
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

celery = pytest.importorskip("celery")
kombu = pytest.importorskip("kombu")
signals = pytest.importorskip("celery.signals")
testing = pytest.importorskip("celery.contrib.testing.worker")
pytest.importorskip("redis")


import privacylib  # noqa: E402
from tests.integrations import brokers  # noqa: E402
from tests.integrations.conformance import Conformance, Host  # noqa: E402
from tests.integrations.consuming import Consuming, Courier, Work  # noqa: E402
from tests.integrations.differential import Differential  # noqa: E402
from tests.watched import Watched  # noqa: E402

pytestmark = [pytest.mark.library, pytest.mark.server]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with brokers.redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


class Tasks:
    """What the tasks of these tests do, and what came of it."""

    works: ClassVar[list[Work]] = []
    raised: ClassVar[list[BaseException]] = []

    @classmethod
    def next(cls) -> None:
        try:
            cls.works.pop(0)()
        except BaseException as error:
            cls.raised.append(error)
            raise


def shared(one: int, other: int) -> float:
    return one / other


@pytest.fixture(scope="module")
def app(port: int) -> Any:
    made: Any = celery.Celery("letters", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
    made.conf.update(
        broker_connection_retry_on_startup=False, task_ignore_result=True, worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
    )  # fmt: skip
    made.conf.task_routes = {"shared": "differs"}
    made.task(Tasks.next, name="next")
    made.task(shared, name="shared", serializer="json")
    return made


def work_through(app: Any, queue: str, works: list[Work]) -> None:
    """Run a worker until it has run as many tasks as there are works."""
    Tasks.works[:], Tasks.raised[:] = works, []
    done = threading.Event()

    def ended(**_: object) -> None:
        if not Tasks.works:
            done.set()

    signals.task_postrun.connect(ended)
    options = {"perform_ping_check": False, "pool": "solo", "queues": [queue], "loglevel": "ERROR"}
    level = logging.root.level
    try:
        with testing.start_worker(app, shutdown_timeout=30, **options):
            assert done.wait(30)
    finally:
        signals.task_postrun.disconnect(ended)
        logging.root.setLevel(level)  # the worker has set its own
    if Tasks.raised:
        raise Tasks.raised[0]


class TestConformance(Conformance):
    name = "celery"
    with_ = frozenset({"kombu"})

    @pytest.fixture(autouse=True)
    def broker(self, app: Any, port: int) -> None:
        self.app, self.port = app, port

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory

        def waiting() -> int:
            with self.app.connection_for_read() as at:
                return int(at.default_channel.client.llen("plain"))

        with self.app.connection_for_read() as at:
            at.default_channel.client.flushdb()
        yield Host(
            sink=f"redis://127.0.0.1:{self.port}/0/contacts",
            allowed=lambda: self.app.send_task("next", queue="contacts"),
            refused=lambda: self.app.send_task("next", queue="plain"),
            arrived=lambda: waiting() > 0,
            failing=lambda: self.app.send_task("next", args=(object(),), queue="contacts"),
            error=kombu.exceptions.EncodeError,
        )


class TestDifferential(Differential):
    name = "celery"

    @pytest.fixture(autouse=True)
    def broker(self, app: Any) -> None:
        self.app = app

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with self.app.connection_for_read() as at:
            at.default_channel.client.delete("differs")
            self.client = at.default_channel.client
            yield self.app.tasks["shared"]

    def plain(self, text: str) -> str:
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)

    def effects(self, world: Any) -> object:
        return self.client.llen("differs")

    calls = (
        lambda task: task(1, 2),
        lambda task: task(1, 0),
        lambda task: task.delay(1, 2),
        lambda task: task.apply_async((1, 2), headers={"theirs": 1}),
        lambda task: task.apply_async(args=7),
        lambda task: task.delay(object(), 1),
        lambda task: task.apply((1, 2)).get(disable_sync_subtasks=False),
        lambda task: task.apply((1, 0)).get(disable_sync_subtasks=False),
        lambda task: [task.apply((1, 0)).state, task.apply((1, 2)).state],
        lambda task: [task.s(1), task.s(1) | task.s(2), task.s(1, 2).apply().result],
        lambda task: task,
    )


class TestConsuming(Consuming):
    name = "celery"
    with_ = frozenset({"kombu"})

    @pytest.fixture(autouse=True)
    def broker(self, app: Any, port: int) -> None:
        self.app, self.port = app, port

    @contextmanager
    def exchange(self, directory: Path) -> Generator[Courier]:
        del directory

        def send(headers: dict[str, Any]) -> None:
            self.app.send_task("next", queue="letters", headers=headers)

        yield Courier(
            f"redis://127.0.0.1:{self.port}/0/letters", send, lambda works: work_through(self.app, "letters", works)
        )

    def test_a_task_that_is_called_at_once_belongs_to_its_caller(self, here: Watched) -> None:
        seen: list[str] = []
        Tasks.works[:] = [lambda: seen.append(privacylib.current().correlation_key)]
        with privacylib.scope("caller"):
            self.app.tasks["next"].apply(throw=True)
            assert seen == [privacylib.current().correlation_key]
