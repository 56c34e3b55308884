"""Requests that a server hands to a coroutine function, which returns a response, or prepares one and writes it."""

from collections.abc import Awaitable, Callable
from typing import Any

from privacylib.families.http.protocol import HEADER, Served
from privacylib.families.http.routes import UNROUTED
from privacylib.model import PolicyDenied
from privacylib.runtime import faults
from privacylib.runtime.sending import is_own

__all__ = ["Exchange", "resolved", "sending"]

Handler = Callable[[Any], Awaitable[Any]]
_ERROR = 500


async def resolved(handler: Any, request: Any) -> str | None:
    """Return the template of a request's route, which the router of an application resolves.

    Args:
        handler: A method of the application; another function where a server has none.
        request: The request.
    """
    router = getattr(getattr(handler, "__self__", None), "router", None)
    if router is None:
        return None
    try:
        found = await router.resolve(request)
    except Exception as error:  # noqa: BLE001 - a router may raise for what strangers send
        faults.swallowed("naming a route", error)
        return None
    canonical: str = UNROUTED if found.http_exception is not None else found.route.resource.canonical
    return canonical


class Exchange:
    """A request with its response.

    Args:
        served: The request; None where it was refused when it came in.
        refusal: Returns the response that says no.
    """

    __slots__ = ("_decided", "_labels", "_refusal", "_served", "_started", "refused")

    def __init__(self, served: Served | None, refusal: Callable[[PolicyDenied], Any]) -> None:
        self._served = served
        self._refusal = refusal
        self._labels: str | None = None
        self._decided = self._started = False
        self.refused = False

    def around(self, handler: Handler) -> Handler:
        """Return a handler whose response is decided, and a refusal in its place where it is denied."""

        async def handle(request: Any) -> Any:
            try:
                response = await handler(request)
            except PolicyDenied as denied:
                return self._refused(denied)
            except Exception as error:
                given = error if hasattr(error, "headers") and hasattr(error, "prepare") else None
                answer = self._checked(given)
                if answer is given:
                    raise
                return answer
            return self._checked(response)

        return handle

    def begin(self, response: Any) -> None:
        """Decide a response whose headers are due.

        Raises:
            PolicyDenied: It is refused.
        """
        if self.refused or self._served is None:
            return
        if not self._decided:
            self._labels, self._decided = self._served.respond(), True
        response.headers.pop(HEADER, None)  # which a proxy may have copied from elsewhere
        if self._labels is not None:
            response.headers[HEADER] = self._labels
        self._started = True

    def about_to_send(self) -> None:
        """Decide content that is due in a response that has begun.

        Raises:
            PolicyDenied: Other work sends it, and it must not go out.
        """
        if self._served is not None and not is_own(self._served.handle):
            self._served.send_on()

    def end(self) -> None:
        """Record the request: its last byte is sent."""
        if self._served is not None and not self.refused:
            self._served.end()

    def _checked(self, response: Any) -> Any:
        """Return a response that is still to be sent, or its refusal."""
        if self._started or self._served is None:
            return response
        unseen = self._served.refused if getattr(response, "status", _ERROR) == _ERROR else None
        if unseen is not None:
            return self._refused(unseen)
        try:
            self._labels, self._decided = self._served.respond(), True
        except PolicyDenied as denied:
            return self._refused(denied)
        return response

    def _refused(self, denied: PolicyDenied) -> Any:
        """Return the refusal of a response, or abort one that has begun.

        Raises:
            PolicyDenied: It has begun; the server then closes the connection.
        """
        if self._started:
            raise denied
        self.refused = True
        return self._refusal(denied)


def sending(
    exchange_of: Callable[[Any], Exchange | None],
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """Return what stands in the place of a method of responses that sends, which work of other requests may call.

    Args:
        exchange_of: Returns the exchange of a response; None for one that is not served under the policy.
    """

    def makes(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def send(response: Any, *args: Any, **more: Any) -> Any:
            data = args[0] if args else next(iter(more.values()), None)
            exchange = exchange_of(response) if data else None
            if exchange is not None:
                exchange.about_to_send()
            return await original(response, *args, **more)

        return send

    return makes
