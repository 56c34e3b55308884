"""A real uvicorn server for an application of this process."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.servers import free_port

__all__ = ["serving"]


@contextmanager
def serving(app: Callable[..., Any]) -> Generator[str]:
    """Serve an application on a free port until the block ends, and give its host and port."""
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", ws="wsproto")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
