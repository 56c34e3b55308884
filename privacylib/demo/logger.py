"""The logger: appends interactions to a log, one JSON object a line."""

import asyncio
import json
from typing import TextIO

import privacylib
from privacylib.demo import rpc
from privacylib.demo.places import APPEND, LOG, POLICY, arguments

__all__ = ["Log"]


class Log:
    """Append to a log.

    Args:
        file: Open for appending.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def append(self, interaction: rpc.Message) -> rpc.Message:
        """Answer ``Append``: keep one interaction."""
        self._write(interaction)
        return {}

    @privacylib.writes(LOG)
    def _write(self, interaction: rpc.Message) -> None:
        print(json.dumps(interaction), file=self._file, flush=True)


async def main() -> None:
    """Serve on a free loopback port until the demo ends."""
    places, _ = arguments("the logger")
    privacylib.init(service="logger", policy=POLICY, mode="enforce")
    with places.log.open("a", encoding="utf-8") as file:
        await rpc.serve(APPEND, Log(file).append)


if __name__ == "__main__":
    asyncio.run(main())
