"""A real WSGI server for an application of this process."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

__all__ = ["serving"]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the host's name
        """Tell nobody."""


@contextmanager
def serving(app: Callable[..., Any]) -> Generator[str]:
    """Serve an application on a free port until the block ends, and give its host and port."""
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
