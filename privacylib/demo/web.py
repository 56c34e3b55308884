"""The web service: takes what a wearer asks over HTTP, and answers.

While no model is trained there is no inference service. Then the wearers of the pilot say
themselves what they mean, and their requests become the examples to train with.
"""

import asyncio
import contextlib
import socket
from datetime import datetime, timezone

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import privacylib
from privacylib.demo import rpc
from privacylib.demo.places import ANSWER, APPEND, POLICY, arguments
from privacylib.demo.profiles import Profiles
from privacylib.demo.service import announce, until_parent_ends

__all__ = ["Assistant"]


class Assistant:
    """Answer requests.

    Args:
        profiles: The wearers' profiles.
        append: Sends an interaction to the logger.
        infer: Asks the inference service; None while no model is trained.
    """

    def __init__(self, profiles: Profiles, append: rpc.Method, infer: rpc.Method | None) -> None:
        self._profiles = profiles
        self._append = append
        self._infer = infer

    async def ask(self, request: Request) -> JSONResponse:
        """Answer ``POST /ask`` with its ``{user, text}``, in the pilot ``{user, text, intent}``.

        The policy file opens the zone around it. The profile is read last: what is read before a
        write flows into it, and neither the model nor the log has any business with who asks.
        """
        asked = await request.json()
        if self._infer is None:
            understood = {"intent": asked["intent"], "answer": "Thank you, noted."}
        else:
            understood = await self._infer({"text": asked["text"]})
        await self._append(
            {
                "asked_at": datetime.now(timezone.utc).isoformat(),
                "wearer": asked["user"],
                "text": asked["text"],
                "intent": understood["intent"],
                "confirmed": self._infer is None,
            }
        )
        profile = self._profiles.profile(asked["user"])
        return JSONResponse(
            {
                "intent": understood["intent"],
                "answer": f"{profile.name}, {understood['answer']}",
                "signed_in_as": profile.email,
            }
        )


async def main() -> None:
    """Serve on a free loopback port until the demo ends."""
    places, options = arguments("the web service", "logger", "inference")
    privacylib.init(service="web", policy=POLICY, mode="enforce")
    async with contextlib.AsyncExitStack() as channels:
        append = rpc.method(await channels.enter_async_context(rpc.channel_to(options.logger)), APPEND)
        infer = None
        if options.inference is not None:
            infer = rpc.method(await channels.enter_async_context(rpc.channel_to(options.inference)), ANSWER)
        assistant = Assistant(Profiles(places.profiles), append, infer)
        await _serve(Starlette(routes=[Route("/ask", assistant.ask, methods=["POST"])]))


async def _serve(app: Starlette) -> None:
    # The protocol is named because asyncio turns Nagle's delay off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(privacylib.asgi.Middleware(app), log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    announce(listener.getsockname()[1])
    await until_parent_ends()
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
