"""Templates of routes, asked of the routers of web frameworks by their looks.

A request is named once, when it comes in: zones of the policy match that name, and it is the name
that is recorded. Frameworks tell the route only after their router has run, which is too late, so
their router is asked ahead. Where none is found, the path is templated by its looks; where one is
found and knows no route, the name is ``{…}``: what strangers try must not fill the graph.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from privacylib.families.http import routers
from privacylib.memo import Memo
from privacylib.runtime import faults

__all__ = ["UNROUTED", "Routing", "wsgi_route"]

UNROUTED = "/{…}"
_FULL, _PARTIAL = 2, 1
"""Values of Starlette's ``Match``."""

_FRAMEWORKS = ("starlette.routing", "fastapi.routing")
_ROOM = 32_768
"""Weight of the templates kept for each router."""

_APPLICATIONS = 16
"""Applications whose routers are kept; there are two where middleware stands inside one."""

_CONVERTED = re.compile(r"\{([^{}:]+):[^{}]*\}")
_ANGLED = re.compile(r"<(?:[^<>:]*:)?([^<>:]+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")

_UNNAMED = re.compile(r"\((?!\?P)[^()]*\)[*+?]?")


class Routing:
    """Name what an ASGI application serves: Starlette, FastAPI, Django, and routers that are patterns (Datasette).

    Where its router is, and the templates that it gave, are looked for once and looked after: an
    application that changes is asked again.

    Args:
        app: The application, which may be wrapped by others.
    """

    __slots__ = ("_app", "_found")

    def __init__(self, app: Any) -> None:
        self._app = app
        self._found: dict[int, _Router] = {}

    def route(self, scope: Mapping[str, Any]) -> str | None:
        """Return the template of a request's route.

        Args:
            scope: The ASGI scope.

        Returns:
            For example ``/users/{id}``; None where no router is known.
        """
        try:
            router = self._router(scope.get("app")) or self._router(self._app)
            return _django_route(self._app, scope["path"]) if router is None else router.route(scope)
        except Exception as error:  # noqa: BLE001 - a router may raise for what strangers send
            faults.swallowed("naming a route", error)
            return None

    def _router(self, app: Any) -> "_Router | None":
        """Return the router inside an application; None where there is none by now."""
        if app is None:
            return None
        found = self._found.get(id(app))
        if found is None or not found.stands():
            way = next((way for way in routers.ways(app) if _routes(way[-1]) is not None), None)
            if way is None:
                return None
            if len(self._found) >= _APPLICATIONS:
                self._found.clear()
            found = self._found[id(app)] = _Router(way)
        return found


class _Router:
    """A router with the templates that it gave.

    Args:
        way: How it was found, from the application to itself.
    """

    __slots__ = ("_by_path", "_listed", "_templates", "_way")

    def __init__(self, way: tuple[Any, ...]) -> None:
        self._way = way
        self._listed: list[Any] = list(way[-1].routes)
        self._by_path = all(map(_is_by_path, self._listed))
        self._templates: Memo[tuple[Any, ...], str] = Memo(_ROOM)

    def stands(self) -> bool:
        """Return whether it is still inside the application, with the same routes."""
        way = self._way
        return getattr(way[-1], "routes", None) == self._listed and (len(way) == 1 or routers.stands(way))

    def route(self, scope: Mapping[str, Any]) -> str:
        """Return the template of a request's route."""
        routes = self._listed
        if not self._by_path:
            if routers.is_patterns(routes):
                return _by_patterns(routes, scope) or UNROUTED
            return scope.get("root_path", "") + (_matched(routes, scope)[0] or UNROUTED)
        asked = (scope["type"], scope.get("method"), scope.get("root_path", ""), scope["path"])
        known = self._templates.get(asked)
        if known is None:
            template, whole = _matched(routes, scope)
            known = asked[2] + (template or UNROUTED)
            if whole:
                self._templates.keep(asked, known)
        return known


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
    """Return the routes of an application that is a router; None where it is none."""
    routes: Any = getattr(app, "routes", None)
    if routers.is_patterns(routes) or (_is_routes(routes) and (routes or hasattr(app, "url_path_for"))):
        return cast("list[Any]", routes)
    return None


def _is_routes(routes: Any) -> bool:
    """Return whether something is the list of routes of a Starlette router."""
    return isinstance(routes, list) and all(hasattr(route, "matches") for route in cast("list[object]", routes))


def _is_by_path(route: Any) -> bool:
    """Return whether a route matches by type, method and path alone, as Starlette's own do but for hosts."""
    matches = getattr(route.__class__, "matches", None)
    return getattr(matches, "__module__", "") in _FRAMEWORKS and not hasattr(route, "host_regex")


def _by_patterns(routes: routers.Patterns, scope: Mapping[str, Any]) -> str | None:
    """Match the path as it was sent, in which an encoded ``/`` is none, or else as it reads."""
    sent = scope.get("raw_path") or b""
    return routers.matched(routes, sent.decode("latin-1").partition("?")[0]) or routers.matched(routes, scope["path"])


def _matched(routes: Sequence[Any], scope: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Find the route that a Starlette router will choose: the first full match, or partial one.

    Returns:
        Its template, and whether it has no routes beneath it.
    """
    partial = None
    for route in routes:
        match, inner = route.matches(scope)
        if match.value == _FULL:
            return _template(route, scope, inner)
        if match.value == _PARTIAL and partial is None:
            partial = _template(route, scope, inner)
    return partial or (None, False)


def _template(route: Any, scope: Mapping[str, Any], inner: Mapping[str, Any]) -> tuple[str, bool]:
    included = getattr(route, "effective_candidates", None)  # FastAPI's, for a router inside another
    if included is not None:
        return _matched([*included(), *route.effective_low_priority_routes()], scope)[0] or "", False
    path = _unconverted(getattr(route, "path", ""))
    below = getattr(route, "routes", None)
    if below is None:
        return path, True
    return path + ((_matched(below, {**scope, **inner})[0] or UNROUTED) if below else "/{path}"), False


@lru_cache(maxsize=4096)
def _unconverted(path: str) -> str:
    return _CONVERTED.sub(r"{\1}", path)


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
    named = _GROUP.sub(r"{\1}", route)
    while (inner := _UNNAMED.sub("{…}", named)) != named:  # from the innermost outwards
        named = inner
    return "/" + _ANGLED.sub(r"{\1}", named).strip("^$")


def _is_django(app: Any) -> bool:
    return type(app).__module__.startswith("django.")
