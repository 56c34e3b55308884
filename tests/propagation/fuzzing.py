"""Raw bytes as context: whatever comes in, nothing is raised, and nothing is believed that nobody signed."""

from functools import cache

from privacylib.model import PolicyContext
from privacylib.propagation.member import Taken
from tests.propagation.forging import CARRIERS, CASES, lines, receiver

__all__ = ["LONGEST", "attempt", "seeds"]

LONGEST = 20_000
_HERE = receiver()


@cache
def seeds() -> tuple[bytes, ...]:
    """Return what every case presents in every carrier, for mutations to begin with."""
    presented = {"\n".join(lines(case, carrier)[:70]) for case in CASES for carrier in CARRIERS.values()}
    return tuple(sorted(text.encode("utf-8", "surrogatepass")[:LONGEST] for text in presented))


@cache
def _signed() -> tuple[frozenset[str], frozenset[str]]:
    """Return the requests and the responses among the cases that hold, whoever they are for."""
    found = {
        piece.partition(";")[0].strip()
        for seed in seeds()
        for line in seed.decode("latin-1").split("\n")
        for piece in line.removeprefix("privacylib=").split(",")
    }
    taken = (one for one in found if isinstance(_HERE.take({"baggage": f"privacylib={one}"}, "accept"), Taken))
    answers = (one for one in found if _HERE.response({"privacylib": one}, pair=7).verified)
    return frozenset(taken), frozenset(answers)


def attempt(data: bytes) -> None:
    """Present bytes as lines of ``baggage`` in every carrier, and as a response.

    Raises:
        AssertionError: Something was believed that nobody signed.
    """
    text = data.decode("latin-1")
    presented = text.split("\n")
    requests, responses = _signed()
    for carrier in CARRIERS.values():
        context = carrier.took(_HERE, carrier.holds(presented))
        if context.verified or context.labels or context.pair:
            assert any(member in text for member in requests), "believed, and signed by nobody"
        elif not context.unknown and context != PolicyContext():
            assert any(member in text for member in requests), "a zone or a key out of nothing"
    told = _HERE.response([("privacylib", line) for line in presented], pair=7)
    assert not told.verified or presented[0] in responses, "a response that nobody signed"
