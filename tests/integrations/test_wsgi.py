"""Applications that an unmodified WSGI server serves, under the policy."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integrations.conformance import SERVED, Conformance, Host, denied, users
from tests.wsgi.serving import serving

pytestmark = pytest.mark.server


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with contacts, piece by piece."""
    if environ["PATH_INFO"] == "/fails":
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"sorry"]
    start_response("200 OK", [("X-Served", users())])
    return (piece for piece in (b"for ", users().encode()))


class TestConformance(Conformance):
    name = "wsgi"
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
                    raise denied(answer.text)
                came.append(path)

            yield Host(
                sink="http://web/reply/x#response",
                allowed=lambda: get("/reply/x"),
                refused=lambda: get("/leak"),
                arrived=lambda: "/leak" in came,
                failing=lambda: get("/fails"),
                error=ConnectionError,
                streamed=lambda: get("/reply/x"),
                holds=False,
            )
