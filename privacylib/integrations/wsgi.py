"""WSGI servers: the application they serve is served under the policy."""

from typing import Any

from privacylib.families.http.accesses import beside_request
from privacylib.families.http.protocol import is_async
from privacylib.instrumentation.facts import OF_THE_HOST
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.wsgi import Middleware

__all__ = ["INTEGRATION"]


def _served(app: Any) -> Any:
    return app if app is None or is_async(app) else Middleware(app)


def _loaded(call: Call) -> Any:
    return _served(call.result)


def _logged(_logger: Any, _response: Any = None, _request: Any = None, environ: Any = None, *_: Any, **__: Any) -> Any:
    return environ


def _handled(handler: Any, *_: Any, **__: Any) -> Any:
    return getattr(handler, "environ", None)


INTEGRATION = Integration(
    "wsgi",
    (
        Patch("wsgiref.simple_server:WSGIServer.set_app", pins={"application": _served}),
        Patch("werkzeug.serving:BaseWSGIServer.__init__", pins={"app": _served}),
        Patch("waitress.server:create_server", pins={"application": _served}),
        Patch("gunicorn.app.base:BaseApplication.wsgi", after=_loaded, body=OF_THE_HOST),
        Replacement("gunicorn.glogging:Logger.access", beside_request(_logged)),
        Replacement("werkzeug.serving:WSGIRequestHandler.log_request", beside_request(_handled)),
    ),
)
