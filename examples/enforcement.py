"""Take one rule through observe, simulate and enforce: the code is the same, what a denial does is not."""

from pathlib import Path

import privacylib

POLICY = """\
version: 1
labels: {CONTACT: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
requirements:
  - {id: contact-only-for-orders, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}
"""
Path("policy.yaml").write_text(POLICY)


@privacylib.reads("postgres://db:5432/shop.public.users")
def addresses() -> list[str]:
    print("  the table is read")
    return ["someone@example.org"]


def advertise() -> None:
    with privacylib.zone(purpose="ads"):
        addresses()


for mode in ("observe", "simulate", "enforce"):
    print(f"{mode}:")
    privacylib.init(service="shop", policy="policy.yaml", mode=mode)
    try:
        advertise()
    except privacylib.PolicyDenied as denied:
        print(f"  {denied.decision}")
        print("  the nearest change that would permit it:")
        print(*(f"    {line}" for line in denied.decision.remedy.splitlines()), sep="\n")
