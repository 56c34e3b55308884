"""See in a test what code reads and writes, and hold it to the policy that you ship."""

from typing import Any

import privacylib
from privacylib.testing import capture

POLICY: dict[str, Any] = {
    "labels": {"CONTACT": {}},
    "purposes": {"order": {}},
    "assets": [{"match": "postgres://**", "labels": ["CONTACT"]}],
    "requirements": [
        {
            "id": "contact-only-for-orders",
            "applies_to": ["CONTACT"],
            "allow": {"purposes": ["order"]},
            "mode": "enforce",
        }
    ],
}


@privacylib.zone(purpose="order")
def order() -> None:
    with privacylib.read("postgres://db/shop.public.users", fields=["email"]):
        pass
    with privacylib.write("file:///var/log/orders.jsonl"):
        pass


def test_what_flows() -> None:
    with capture() as seen:
        order()
    assert seen.pairs == {("postgres://db/shop.public.users#email", "file:///var/log/orders.jsonl")}


def test_what_the_policy_says() -> None:
    with capture(policy=POLICY) as seen:
        order()
    seen.assert_no_violations()


if __name__ == "__main__":
    test_what_flows()
    print("test_what_flows passes")
    try:
        test_what_the_policy_says()
    except AssertionError as failure:
        print(f"test_what_the_policy_says fails, and says what to do:\n{failure}")
