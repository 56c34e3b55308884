"""Routers found inside what wraps them, and the templates they give."""

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route

from privacylib.families.http.routes import UNROUTED, Routing

PAGES = (
    r"/(\.(?P<format>jsono?))?$",
    r"/-/static/(?P<path>.*)$",
    r"/-/about.html$",
    r"/-/open/.*$",
    r"/-/(?:new|old)/list$",
    r"/-/any/(?:\w+)$",
    r"/-/some/(\w+)/x$",
    r"/(?P<database>[^\/\.]+)(\.(?P<format>\w+))?$",
    r"/(?P<database>[^\/\.]+)/(?P<table>[^/]+?)/(?P<pks>[^/]+?)(\.(?P<format>\w+))?$",
)


class Router:
    def __init__(self) -> None:
        self.routes = [(re.compile(page), object()) for page in PAGES]

    async def __call__(self, *_: object) -> None: ...


class Slotted:
    __slots__ = ("app",)

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, *_: object) -> None: ...


class Named:
    def __init__(self, app: Any) -> None:
        self.elsewhere = app

    async def __call__(self, *_: object) -> None: ...


def closed(app: Any) -> Callable[..., Any]:
    async def wrapper(*args: object) -> None:
        await app(*args)

    return wrapper


def bound(app: Any) -> Callable[..., Any]:
    return Named(app).__call__


def named(path: str, app: Any = None) -> str | None:
    return Routing(app or Router()).route({"path": path, "type": "http"})


@pytest.mark.parametrize("wrap", [Slotted, Named, closed, bound, functools.partial])
def test_a_router_is_found_in_what_wraps_it(wrap: Callable[[Any], Any]) -> None:
    assert named("/shop/users/ana", closed(wrap(Router()))) == "/{database}/{table}/{pks}"


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/.json", "/.{format}"),
        ("/-/static/ana.css", "/-/static/{path}"),
        ("/-/about.html", "/-/about.html"),
        ("/-/open/ana", UNROUTED),
        ("/-/new/list", "/-/new/list"),
        ("/-/any/ana", UNROUTED),
        ("/-/some/ana/x", "/-/some/{…}/x"),
        ("/shop", "/{database}"),
        ("/shop.json", "/{database}.{format}"),
        ("/shop/users/ana.json", "/{database}/{table}/{pks}.{format}"),
        ("/shop/a/b/c/d", UNROUTED),
    ],
)
def test_named_groups_stand_for_what_they_match(path: str, template: str) -> None:
    assert named(path) == template


def test_a_path_is_matched_as_it_was_sent() -> None:
    scope = {"path": "/shop/users/a/b", "raw_path": b"/shop/users/a%2Fb", "type": "http"}
    assert Routing(Router()).route(scope) == "/{database}/{table}/{pks}"


def test_an_application_that_holds_itself_has_no_router() -> None:
    app = Named(None)
    app.elsewhere = app
    assert named("/x", app) is None


class Switch:
    """An application that is one of several, by turns."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, *_: object) -> None: ...


async def nothing(_: Request) -> Response:
    return Response()


class ByHost(Route):
    def matches(self, scope: Any) -> Any:
        return super().matches(scope) if scope["host"] == "shop" else (Match.NONE, {})


def asked(path: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "headers": [], **more}


def test_a_route_that_is_added_or_replaced_later_is_named() -> None:
    app = Starlette(routes=[Route("/users/{id:int}", nothing)])
    routing = Routing(closed(app))
    assert [routing.route(asked(path)) for path in ("/users/7", "/users/7", "/orders/7")] == [
        "/users/{id}", "/users/{id}", UNROUTED,
    ]  # fmt: skip
    app.router.routes.append(Route("/orders/{number}", nothing))
    assert routing.route(asked("/orders/7")) == "/orders/{number}"
    app.router.routes[0] = Route("/users/{name}", nothing)
    assert routing.route(asked("/users/7")) == "/users/{name}"


def test_an_application_that_is_swapped_inside_is_asked_itself() -> None:
    switch = Switch(Starlette(routes=[Route("/users/{id}", nothing)]))
    routing = Routing(switch)
    assert routing.route(asked("/users/7")) == "/users/{id}"
    switch.app = Starlette(routes=[Route("/users/{name}", nothing)])
    assert routing.route(asked("/users/7")) == "/users/{name}"


def test_routes_that_look_at_more_than_the_path_are_asked_each_time() -> None:
    routing = Routing(Starlette(routes=[ByHost("/users/{id}", nothing), Route("/users/{name}", nothing)]))
    assert routing.route(asked("/users/7", host="shop")) == "/users/{id}"
    assert routing.route(asked("/users/7", host="desk")) == "/users/{name}"


def test_routes_beneath_a_mount_are_asked_each_time() -> None:
    inner = Starlette(routes=[Route("/{id}", nothing)])
    routing = Routing(Starlette(routes=[Mount("/users", inner)]))
    assert routing.route(asked("/users/7")) == "/users/{id}"
    inner.router.routes[0] = Route("/{name}", nothing)
    assert routing.route(asked("/users/7")) == "/users/{name}"


def test_a_method_that_no_route_takes_does_not_stand_for_others() -> None:
    routing = Routing(Starlette(routes=[Route("/{page}", nothing), Route("/users", nothing, methods=["POST"])]))
    assert routing.route(asked("/users")) == "/{page}"
    assert routing.route({**asked("/users"), "method": "POST"}) == "/users"


@pytest.mark.library
def test_a_router_inside_a_fastapi_application_is_asked_too() -> None:
    fastapi: Any = pytest.importorskip("fastapi")
    app, inner, outer = fastapi.FastAPI(), fastapi.APIRouter(prefix="/items"), fastapi.APIRouter(prefix="/shop")

    async def item(number: str) -> str:
        return number

    inner.get("/{number}")(item)
    outer.include_router(inner)
    app.include_router(outer, prefix="/api")
    routing = Routing(app)
    scope: dict[str, Any] = {"type": "http", "method": "GET", "root_path": "", "headers": []}
    assert routing.route({**scope, "path": "/api/shop/items/ana"}) == "/api/shop/items/{number}"
    assert routing.route({**scope, "path": "/api/shop/nosuch/ana"}) == "/{…}"
    inner.get("/{number}/price")(item)
    assert routing.route({**scope, "path": "/api/shop/items/ana/price"}) == "/api/shop/items/{number}/price"
