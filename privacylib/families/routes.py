"""Templates of routes, asked of the routers of web frameworks by their looks.

A request is named once, when it comes in: zones of the policy match that name, and it is the name
that is recorded. Frameworks tell the route only after their router has run, which is too late, so
their router is asked ahead. Where none is found, the path is templated by its looks; where one is
found and knows no route, the name is ``{…}``: what strangers try must not fill the graph.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from privacylib.families import routers
from privacylib.runtime import faults

__all__ = ["UNROUTED", "asgi_route", "wsgi_route"]

UNROUTED = "/{…}"
_FULL, _PARTIAL = 2, 1
"""Values of Starlette's ``Match``."""

_CONVERTED = re.compile(r"\{([^{}:]+):[^{}]*\}")
_ANGLED = re.compile(r"<(?:[^<>:]*:)?([^<>:]+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def asgi_route(app: Any, scope: Mapping[str, Any]) -> str | None:
    """Return the template of a request's route in a Starlette, FastAPI or Django application.

    Routers that are a list of regular expressions (Datasette) are asked too.

    Args:
        app: The application, which may be wrapped by others.
        scope: The ASGI scope.

    Returns:
        For example ``/users/{id}``; None where no router is known.
    """
    try:
        routes = _routes(scope.get("app")) or _routes(app)
        if routes is None:
            return _django_route(app, scope["path"])
        if routers.is_patterns(routes):
            return _by_patterns(routes, scope) or UNROUTED
        return scope.get("root_path", "") + (_matched(routes, scope) or UNROUTED)
    except Exception as error:  # noqa: BLE001 - a router may raise for what strangers send
        faults.swallowed("naming a route", error)
        return None


def wsgi_route(app: Any, environ: Mapping[str, Any]) -> str | None:
    """Return the template of a request's route in a Flask or Django application.

    Args:
        app: The application, which may be wrapped by others.
        environ: The WSGI environment.

    Returns:
        For example ``/users/{id}``; None where no router is known.
    """
    try:
        owner = next((inner for inner in routers.inside(app) if hasattr(inner, "url_map")), None)
        if owner is None:
            return _django_route(app, environ.get("PATH_INFO", ""))
        return environ.get("SCRIPT_NAME", "") + _flask_route(owner, environ)
    except Exception as error:  # noqa: BLE001 - a router may raise for what strangers send
        faults.swallowed("naming a route", error)
        return None


def _routes(app: Any) -> list[Any] | None:
    """Return the routes of the router inside an application."""
    for inner in routers.inside(app):
        routes: Any = getattr(inner, "routes", None)
        if routers.is_patterns(routes) or (_is_routes(routes) and (routes or hasattr(inner, "url_path_for"))):
            return cast("list[Any]", routes)
    return None


def _is_routes(routes: Any) -> bool:
    """Return whether something is the list of routes of a Starlette router."""
    return isinstance(routes, list) and all(hasattr(route, "matches") for route in cast("list[object]", routes))


def _by_patterns(routes: routers.Patterns, scope: Mapping[str, Any]) -> str | None:
    """Match the path as it was sent, in which an encoded ``/`` is none, or else as it reads."""
    sent = scope.get("raw_path") or b""
    return routers.matched(routes, sent.decode("latin-1").partition("?")[0]) or routers.matched(routes, scope["path"])


def _matched(routes: Sequence[Any], scope: Mapping[str, Any]) -> str | None:
    """Return the template of the route that a Starlette router will choose: the first full match, or partial one."""
    partial = None
    for route in routes:
        match, inner = route.matches(scope)
        if match.value == _FULL:
            return _template(route, scope, inner)
        if match.value == _PARTIAL and partial is None:
            partial = _template(route, scope, inner)
    return partial


def _template(route: Any, scope: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    path = _CONVERTED.sub(r"{\1}", getattr(route, "path", ""))
    below = getattr(route, "routes", None)
    if below is None:
        return path
    return path + ((_matched(below, {**scope, **inner}) or UNROUTED) if below else "/{path}")


def _flask_route(app: Any, environ: Mapping[str, Any]) -> str:
    from werkzeug.exceptions import HTTPException

    try:
        rule, _ = app.url_map.bind_to_environ(environ).match(return_rule=True)
    except HTTPException:  # not found, wrong method, or a redirect to the canonical path
        return UNROUTED
    return _ANGLED.sub(r"{\1}", rule.rule)


def _django_route(app: Any, path: str) -> str | None:
    if "django.urls" not in sys.modules or not any(map(_is_django, routers.inside(app))):
        return None
    urls: Any = sys.modules["django.urls"]
    try:
        route = urls.resolve(path).route
    except urls.Resolver404:
        return UNROUTED
    return "/" + _ANGLED.sub(r"{\1}", _GROUP.sub(r"{\1}", route)).strip("^$")


def _is_django(app: Any) -> bool:
    return type(app).__module__.startswith("django.")
