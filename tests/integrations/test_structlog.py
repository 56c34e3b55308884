"""structlog under the policy."""

import io
import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import watched

pytestmark = pytest.mark.library
structlog: Any = pytest.importorskip("structlog")


class TestConformance(Conformance):
    name = "structlog"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        file = io.StringIO()
        found = structlog.wrap_logger(structlog.PrintLogger(file))

        async def awaited() -> None:
            await found.ainfo("one", key="value")

        def refused() -> None:
            with privacylib.read("db://asked"):
                found.warning("another")

        yield Host(
            sink="logging://web/structlog",
            allowed=lambda: found.info("one", key="value"),
            refused=refused,
            arrived=lambda: "another" in file.getvalue(),
            failing=lambda: found.nosuch("x"),
            error=AttributeError,
            awaited=awaited,
        )


class TestDifferential(Differential):
    name = "structlog"

    @contextmanager
    def world(self, directory: Path) -> Generator[tuple[Any, io.StringIO]]:
        del directory
        file = io.StringIO()
        yield structlog.wrap_logger(structlog.PrintLogger(file), processors=[structlog.processors.JSONRenderer()]), file

    calls = (
        lambda here: here[0].info("one", key="value"),
        lambda here: here[0].bind(more=1).error("two"),
        lambda here: here[0].nosuch("x"),
        lambda here: here[0].exception("three", exc_info=False),
        lambda here: structlog.WriteLogger(here[1]).msg("bare"),
        lambda _: structlog.BytesLogger(io.BytesIO()).msg("no bytes"),
    )

    def effects(self, world: Any) -> object:
        return world[1].getvalue()


def test_a_line_that_logging_writes_is_one_record_and_none_below_its_level(tmp_path: Path) -> None:
    with watched(tmp_path, mode="observe") as here:
        integrations.install(frozenset({"logging", "structlog"}))
        by_logging = structlog.wrap_logger(
            logging.getLogger("contacts"), wrapper_class=structlog.stdlib.BoundLogger,
            processors=[structlog.stdlib.render_to_log_kwargs],
        )  # fmt: skip
        loud = structlog.make_filtering_bound_logger(logging.WARNING)
        quiet = structlog.wrap_logger(structlog.WriteLogger(io.StringIO()), wrapper_class=loud)
        with privacylib.scope("work"):
            users()
            by_logging.error("a line")
            quiet.info("nobody reads this")
        patching.uninstall()
    assert [(edge.sink, edge.count) for edge in here.edges()] == [("logging://web/contacts", 1)]
