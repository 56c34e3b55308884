"""Applications that an unmodified uvicorn serves, under the policy."""

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.asgi.serving import serving
from tests.integrations.conformance import SERVED, Conformance, Host, denied, users

pytestmark = pytest.mark.server


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with contacts, at once or in pieces."""
    if scope["type"] != "http":
        raise NotImplementedError
    if scope["path"] == "/fails":
        raise ValueError
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-served", users().encode())]})
    async for piece in pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def pieces() -> AsyncIterator[bytes]:
    yield b"for "
    yield users().encode()


class TestConformance(Conformance):
    name = "asgi"
    more = SERVED

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        came: list[str] = []
        with serving(app) as host:

            def get(path: str) -> None:
                answer = httpx.get(f"http://{host}{path}")
                if answer.status_code == 500:
                    raise ConnectionError(answer.text)
                if answer.status_code == 403:
                    assert "x-served" not in answer.headers
                    raise denied(answer.text)
                came.append(path)

            async def awaited() -> None:
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"http://{host}/reply/x")).text == "for ana@example.org"

            yield Host(
                sink="http://web/reply/x#response",
                allowed=lambda: get("/reply/x"),
                refused=lambda: get("/leak"),
                arrived=lambda: "/leak" in came,
                failing=lambda: get("/fails"),
                error=ConnectionError,
                awaited=awaited,
                streamed=lambda: get("/reply/x"),
                holds=False,
            )
