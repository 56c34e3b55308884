"""Serve a web application under the policy: context comes in, labels go back, what is refused answers 403."""

import asyncio
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import privacylib
from privacylib.asgi import Middleware
from privacylib.graph import load

POLICY = """\
version: 1
labels: {CONTACT: {}}
purposes: {profile: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
  - {match: "http://web/users/*", labels: [CONTACT]}
  - {match: "http://web/public", labels: []}
zones:
  - {match: "http://web/**", purpose: profile}
requirements:
  - {id: contact-stays-in-profiles, applies_to: [CONTACT], allow: {purposes: [profile]}, mode: enforce}
"""


@privacylib.reads("postgres://db:5432/shop.public.users")
def load_user() -> str:
    return "someone@example.org"


async def user(request: Request) -> PlainTextResponse:
    del request
    return PlainTextResponse(load_user())


app = Middleware(Starlette(routes=[Route("/users/{id}", user), Route("/public", user)]))


async def main() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for path in ("/users/7", "/public"):
            response = await client.get(path)
            print(f"GET {path}: {response.status_code} {response.text}")


Path("policy.yaml").write_text(POLICY)
privacylib.init(service="web", policy="policy.yaml", mode="enforce")
asyncio.run(main())
privacylib.shutdown()

graph = load([Path(".privacylib")])
for edge in graph.edges():
    print(f"{edge.source} -> {edge.sink}  {edge.decision.value}")
for row in graph.denied():
    print(f"{row.asset}: {row.reason}")
