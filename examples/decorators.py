"""Declare what functions touch, and read back what flowed."""

from pathlib import Path

import privacylib
from privacylib.graph import load

privacylib.init(service="newsletter")


@privacylib.reads("postgres://db:5432/news.public.subscribers", fields=["email"])
def subscribers() -> list[str]:
    return ["someone@example.org", "ben@example.org"]


@privacylib.writes("file:///var/spool/outbox.jsonl")
def send(address: str) -> None:
    del address


@privacylib.writes("duckdb://warehouse/statistics", derived_from=["postgres://db:5432/news.public.subscribers"])
def count(number: int) -> None:
    del number


@privacylib.scope("newsletter")
def newsletter() -> None:
    addresses = subscribers()
    for address in addresses:
        send(address)
    count(len(addresses))


newsletter()
privacylib.shutdown()

for edge in load([Path(".privacylib")]).edges():
    print(f"{edge.source} -> {edge.sink}  {edge.evidence.value} x {edge.count}")
