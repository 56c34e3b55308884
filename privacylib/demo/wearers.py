"""The people who wear the glasses: send their requests over HTTP, a few at once."""

import http.client
import json
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from privacylib.demo.processes import Service
from privacylib.demo.profiles import WEARERS
from privacylib.demo.requests import Request

__all__ = ["ask"]

_AT_ONCE = 6
_PATIENCE = 60.0
"""Seconds to wait for an answer."""


def ask(
    web: Service, asked: Sequence[Request], progress: Callable[[int, int], None], *, confirm: bool = False
) -> list[str]:
    """Send requests to the web service and return the intent that each was understood as.

    Args:
        web: The web service.
        asked: What to ask.
        progress: Called with the number of answers so far, and of requests.
        confirm: Whether the wearers say themselves what they mean, as they do in the pilot.

    Raises:
        DemoError: The service refused or failed.
    """
    glasses, understood = _Glasses(web), list[str]()
    with ThreadPoolExecutor(_AT_ONCE) as wearers:
        answers = [wearers.submit(glasses.ask, said) for said in _said(asked, confirm=confirm)]
        try:
            for answer in answers:
                understood.append(answer.result())
                progress(len(understood), len(asked))
        finally:
            wearers.shutdown(wait=False, cancel_futures=True)
    return understood


def _said(asked: Sequence[Request], *, confirm: bool) -> list[dict[str, Any]]:
    """Return the body of each request; who says it is drawn, the same way in every run."""
    drawn = random.Random(len(asked))  # noqa: S311 - no secret
    return [
        {"user": drawn.randint(1, WEARERS), "text": request.text, **({"intent": request.intent} if confirm else {})}
        for request in asked
    ]


class _Glasses:
    """Ask over one connection for each thread."""

    def __init__(self, web: Service) -> None:
        self._web = web
        self._own = threading.local()

    def ask(self, said: dict[str, Any]) -> str:
        try:
            connection = self._connection()
            connection.request("POST", "/ask", json.dumps(said), {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._web.error(f"did not answer ({type(error).__name__})") from None
        if response.status != http.HTTPStatus.OK:
            raise self._web.error(f"answered {response.status}")
        return str(json.loads(body)["intent"])

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._web.address, timeout=_PATIENCE)
        return self._own.connection
