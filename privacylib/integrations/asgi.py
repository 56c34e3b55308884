"""ASGI servers: the application they serve is served under the policy."""

from typing import Any

from privacylib.asgi import Middleware
from privacylib.families.http.protocol import is_async
from privacylib.instrumentation.facts import OF_THE_HOST
from privacylib.instrumentation.table import Call, Integration, Patch

__all__ = ["INTEGRATION"]


def _loaded(call: Call) -> Any:
    config = call["self"]
    config.loaded_app = Middleware(config.loaded_app, outermost=True)
    return call.result


def _served(app: Any) -> Any:
    return Middleware(app, outermost=True) if is_async(app) else app


INTEGRATION = Integration(
    "asgi",
    (
        Patch("uvicorn.config:Config.load", after=_loaded, body=OF_THE_HOST),
        Patch("hypercorn.utils:wrap_app", pins={"app": _served}),
    ),
)
