"""Forks under recording threads; prints the exit code of each child.

A program of its own, as a fork copies the page tables of its process, and those of a test run are large.

    python -m tests.recorder.forking SPOOL CHILDREN
"""

import os
import sys
import threading
from pathlib import Path

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder

__all__ = ["main"]

KEY = bytes(16)


def main(spool: Path, children: int) -> None:
    """Let four threads record while `children` are forked, one after the other."""
    recorder = Recorder(DirectoryStore(spool), "web", 1024)
    stop = threading.Event()

    def record(name: str, start: int) -> bool:
        flow = recorder.define(Flow(Kind.READ, Asset("file", name)))
        return recorder.append(flow, 0, start, 2, recorder.next_span(), 0, KEY)

    def work() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            assert record(f"/{count % 500}", start=1)

    def in_child() -> int:
        child = os.fork()
        if child == 0:
            os._exit(0 if record("/b", start=2) else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = [in_child() for _ in range(children)]
    stop.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(" ".join(map(str, codes)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
