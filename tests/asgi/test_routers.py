"""Routers that are a list of regular expressions, found inside what wraps them."""

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest

from privacylib.families.routes import UNROUTED, Routing

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
