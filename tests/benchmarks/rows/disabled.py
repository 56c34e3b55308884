"""What a decorator costs before `init`, and where the policy wants no record."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.rows.decorated import read, reading
from tests.benchmarks.settings import ATTRIBUTES, PURPOSE, SOURCE, governed
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]


def _repeated(call: Callable[[], object]) -> Work:
    def run(times: int) -> None:
        for _ in range(times):
            call()

    return Work(run)


@contextmanager
def before_init() -> Generator[Work]:
    """A decorated function that passes straight through."""
    yield _repeated(reading)


@contextmanager
def never() -> Generator[Work]:
    """A decorated function that is decided and held, and not recorded."""
    with governed(entry=f'  - {{match: "{SOURCE}", record: never}}\n'), privacylib.zone(purpose=PURPOSE):
        yield _repeated(reading)


@contextmanager
def bare() -> Generator[Work]:
    """The function itself."""
    yield _repeated(read)


@contextmanager
def not_sampled() -> Generator[Work]:
    """The function in a span that is not sampled."""
    tracer = TracerProvider(sampler=ALWAYS_OFF).get_tracer("bench")

    def call() -> None:
        with tracer.start_as_current_span("read", attributes=ATTRIBUTES):
            read()

    yield _repeated(call)


ROWS = (
    Timed(
        "disabled", "a decorated function before init, on top of the bare call", side(before_init),
        (Against("an OpenTelemetry span, not sampled", side(not_sampled), Goal(most=0.5)),),
        times=20_000, bare=side(bare),
    ),
    Timed(
        "never", "a decorated read of what is never recorded, on top", side(never),
        (Against("an OpenTelemetry span, not sampled", side(not_sampled), Goal(most=0.5)),),
        times=20_000, bare=side(bare),
    ),
)  # fmt: skip
