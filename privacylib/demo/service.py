"""What every service of the story does: say that it is ready, and end with the demo that started it."""

import asyncio
import sys

__all__ = ["announce", "until_parent_ends"]


def announce(port: int) -> None:
    """Tell the demo, on standard output, which loopback port this service listens on."""
    print(f"ready {port}", flush=True)


async def until_parent_ends() -> None:
    """Wait until standard input closes: the demo asks for the end, or is gone itself."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
