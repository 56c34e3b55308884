"""Killed at any moment: what was accepted is found exactly once, and exported at least once.

``PRIVACYLIB_TEST_KILLS`` says how many processes to kill.
"""

import os
import random
import signal
import threading
import time
from pathlib import Path
from struct import Struct
from typing import NoReturn

import pytest

from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import Cursor, DirectoryStore, Producer, Recorder, Store, adopt, producers, tallies

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

KILLS = int(os.environ.get("PRIVACYLIB_TEST_KILLS", "40"))
CAP = 1 << 17
KEY = bytes(range(16))
WRITE = Flow(Kind.WRITE, Asset("file", "/b"), (), (Source(Asset("file", "/a")),))
NOTE = "exported.0.json"
NUMBER = Struct("<I")


class Victim:
    """A process that records, folds, adopts and exports, and says what was accepted and what was exported."""

    def __init__(self, spool: Path, *, exporting: bool) -> None:
        accepted, accepts = os.pipe()
        exported, exports = os.pipe()
        self._accepted, self._exported = accepted, exported
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._live(spool, accepts, exports if exporting else None)
            finally:
                os._exit(1)
        os.close(accepts)
        os.close(exports)

    def kill(self) -> tuple[list[int], set[int]]:
        """Return the numbers that were accepted, and those exported, until its death."""
        said: list[list[int]] = [[], []]
        readers = [threading.Thread(target=_drain, args=pair) for pair in zip(self._pipes(), said, strict=True)]
        for reader in readers:
            reader.start()
        time.sleep(random.uniform(0.001, 0.06))  # noqa: S311 - no secret
        os.kill(self.pid, signal.SIGKILL)
        for reader in readers:
            reader.join()
        assert os.WIFSIGNALED(os.waitpid(self.pid, 0)[1])
        return said[0], set(said[1])

    def _pipes(self) -> tuple[int, int]:
        return self._accepted, self._exported

    @staticmethod
    def _live(spool: Path, accepts: int, exports: int | None) -> NoReturn:
        recorder = Recorder(DirectoryStore(spool), "web", 1 << 11, CAP)
        flow = recorder.define(WRITE)
        if exports is not None:
            recorder.store.keep(NOTE, Cursor().note())
            threading.Thread(target=_export, args=(recorder.store, exports), daemon=True).start()
        threading.Thread(target=_adopt_again_and_again, args=(spool,), daemon=True).start()
        number = 0
        while True:
            if recorder.append(flow, 0, number, 2, recorder.next_span(), 0, KEY, (1, 2) if number % 3 else ()):
                os.write(accepts, NUMBER.pack(number))
                number += 1


def _export(store: Store, exports: int) -> None:
    producer, cursor = Producer(store), Cursor()
    while True:
        records, cursor = producer.read(cursor, 50)
        os.write(exports, b"".join(NUMBER.pack(record.start) for record in records))
        store.keep(NOTE, cursor.note())


def _adopt_again_and_again(spool: Path) -> None:
    while True:
        adopt(spool)


def _drain(pipe: int, numbers: list[int]) -> None:
    with open(pipe, "rb") as file:
        data = file.read()
    numbers += (number for (number,) in NUMBER.iter_unpack(data[: len(data) // NUMBER.size * NUMBER.size]))


def total(spool: Path) -> int:
    return sum(tally.count for producer in producers(spool) for tally in tallies(producer).flows.values())


def check(spool: Path, accepted: list[int], exported: set[int], before: int, *, exporting: bool) -> int:
    """Return how many records there are now."""
    assert accepted == list(range(len(accepted)))
    after = total(spool)
    assert after - before in (len(accepted), len(accepted) + 1)  # killed between recording it and saying so
    if exporting:
        rest: set[int] = set()
        for producer in producers(spool):
            if note := producer.store.kept(NOTE):
                records, end = producer.read(Cursor.noted(note), 1 << 30)
                rest |= {record.start for record in records}
                producer.store.keep(NOTE, end.note())  # as whoever finds the spool and exports the rest
        assert exported | rest >= set(accepted)
    return after


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    count = 0
    for kill in range(KILLS):
        exporting = kill % 2 == 0
        accepted, exported = Victim(tmp_path, exporting=exporting).kill()
        count = check(tmp_path, accepted, exported, count, exporting=exporting)
    assert adopt(tmp_path)
    assert total(tmp_path) == count
    assert DirectoryStore(tmp_path).used()[0] < CAP
