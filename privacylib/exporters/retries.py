"""When an exporter that failed is asked again: later each time, at random, and not before it said."""

import random
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

__all__ = ["LONGEST", "LONGEST_ASKED", "SHORTEST", "Retries", "asked_to_wait"]

SHORTEST, LONGEST = 0.5, 60.0
"""Most seconds to wait after a first failure, and after many."""

LONGEST_ASKED = 3600.0
"""Most seconds that an exporter's own wish is heard."""

BUDGET, REFILL = 200.0, 2.0
"""Calls beyond one for each wait: as many at once, and as many more a second."""

_RETRY_INFO = "google.rpc.retryinfo-bin"


class Retries:
    """Keep an exporter from being asked too often.

    Args:
        clock: Seconds that never go back.
        uniform: Returns a number between two.
    """

    def __init__(
        self, clock: Callable[[], float] = monotonic, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self.failures = 0
        self._clock = clock
        self._uniform = uniform
        self._not_before = clock()
        self._left = BUDGET
        self._filled = clock()

    @property
    def seconds(self) -> float:
        """Return how long the exporter itself asked to be left alone from now on."""
        return max(0.0, self._not_before - self._clock())

    def succeeded(self) -> None:
        """Forget the failures before."""
        self.failures = 0
        self._not_before = self._clock()

    def failed(self, asked: float | None = None) -> float:
        """Note a failure, and return the seconds to wait.

        They are anywhere up to a bound that doubles (full jitter), so that many processes do not come back at once.

        Args:
            asked: What the exporter asked for; the wait is never shorter.
        """
        self.failures += 1
        wait = self._uniform(0, min(LONGEST, SHORTEST * 2 ** min(self.failures, 16)))
        if asked is None:
            return wait
        asked = min(max(0.0, asked), LONGEST_ASKED)
        self._not_before = self._clock() + asked
        return asked + self._uniform(0, min(LONGEST, max(SHORTEST, asked / 10)))

    def spend(self) -> bool:
        """Return whether one more call is in the budget, and take it out."""
        now = self._clock()
        self._left = min(BUDGET, self._left + (now - self._filled) * REFILL)
        self._filled = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def asked_to_wait(error: BaseException | None, exporter: object) -> float | None:
    """Return how many seconds an exporter asks to be left alone, or None.

    It says so by ``retry_after`` (a number of seconds, or the text of an HTTP header), on the exception or, where it
    answers FAILURE, on itself. From an exception of urllib, requests or httpx the header is taken, from one of gRPC
    the server's RetryInfo.
    """
    told = (_heard(_attribute, error), _heard(_header, error), _heard(_retry_info, error), _heard(_attribute, exporter))
    return next((seconds for seconds in told if seconds is not None), None)


def _heard(read: Callable[[Any], object], of: object) -> float | None:
    try:
        return _seconds(read(of))
    except Exception:  # noqa: BLE001 - whatever it is, it asks for no wait
        return None


def _attribute(of: object) -> object:
    return getattr(of, "retry_after", None)


def _header(error: Any) -> object:
    headers = getattr(getattr(error, "response", error), "headers", None)
    return headers.get("Retry-After") if headers is not None else None


def _retry_info(error: Any) -> float | None:
    metadata = getattr(error, "trailing_metadata", None)
    pairs: Any = metadata() if callable(metadata) else None
    return next((_delay(value) for name, value in pairs or () if name == _RETRY_INFO), None)


def _delay(message: bytes) -> float:
    """Return the delay in a `google.rpc.RetryInfo`: field 1 is a duration, whose fields are seconds and nanoseconds.

    Read by hand, as protobuf may be missing.
    """
    numbers = dict(_fields(next((value for number, value in _fields(message) if number == 1), b"")))
    whole, fraction = (numbers.get(number, 0) for number in (1, 2))
    return float(whole) + float(fraction) / 1e9


def _fields(message: Any) -> Any:
    """Yield number and value of the fields of a protobuf message that has only numbers and messages."""
    position = 0

    def number() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        tag = number()
        value = number()
        if tag & 7 == 2:
            position += value
            yield tag >> 3, message[position - value : position]
        else:
            yield tag >> 3, value


def _seconds(told: object) -> float | None:
    if isinstance(told, (int, float)) and not isinstance(told, bool):
        return float(told) if 0 <= told < float("inf") else None
    if not isinstance(told, str):
        return None
    if told.strip().isdecimal():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
