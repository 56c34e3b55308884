"""The story: a pilot, a model that learns from it and answers, and three jobs that want more."""

import shutil
import tempfile
from pathlib import Path

import duckdb

from privacylib.demo.display import Display
from privacylib.demo.outcome import Outcome, read_outcome
from privacylib.demo.places import Places
from privacylib.demo.processes import DemoError, Processes, Service
from privacylib.demo.profiles import WEARERS, create_profiles
from privacylib.demo.requests import requests
from privacylib.demo.wearers import ask

__all__ = ["tell"]


def tell(display: Display) -> Outcome:
    """Tell the story on real processes and return what it comes to. It leaves nothing behind but its spool.

    Args:
        display: Where to show how far it is.

    Raises:
        DemoError: A part of it failed; says which.
    """
    spool = Path(tempfile.mkdtemp(prefix="privacylib-demo-spool-"))
    try:
        accuracy = _happen(spool, display)
        with display.stage("the graph is read from the spool, and a stricter policy tried on it") as stage:
            outcome = read_outcome(spool, accuracy)
            more = len(outcome.replayed.denied)
            stage.note = f"{len(outcome.edges)} edges, {len(outcome.denied)} refusals, and {more} flows more would be"
    except BaseException:
        shutil.rmtree(spool)
        raise
    display.say(f"the spool stays for you to look at: {spool}")
    return outcome


def _happen(spool: Path, display: Display) -> float:
    """Let everything happen, in order; return the share of requests that the model understood."""
    with tempfile.TemporaryDirectory(prefix="privacylib-demo-") as work:
        places = Places(Path(work))
        with Processes(places, spool) as processes:
            story = Story(places, processes, display)
            logger = story.pilot()
            story.learn()
            accuracy = story.answer(logger)
        story.refuse_advertising()
        story.refuse_copy()
        story.count()
        story.digest()
    return accuracy


class Story:
    """Hold what the stages share.

    Args:
        places: Where this run keeps its files.
        processes: Starts services and jobs.
        display: Where to show how far it is.
    """

    def __init__(self, places: Places, processes: Processes, display: Display) -> None:
        self._places = places
        self._processes = processes
        self._display = display

    def pilot(self) -> Service:
        """Let the wearers try the glasses without a model; return the logger, which runs on."""
        create_profiles(self._places.profiles)
        with self._display.stage("logger and web start"):
            logger = self._processes.service("logger")
            web = self._processes.service("web", logger=logger.address)
        asked = requests("train")
        with self._display.stage(f"{WEARERS} wearers try the glasses, and say what they mean") as stage:
            ask(web, asked, stage.progress, confirm=True)
            stage.note = f"{len(asked)} requests logged"
        self._processes.stop(web)
        return logger

    def learn(self) -> None:
        """Load the log, build the training set, train."""
        with self._display.stage("the warehouse loads the log and builds the training set"):
            self._processes.job("warehouse").must_succeed()
        with self._display.stage("the training job passes its gate and writes the checkpoint"):
            self._processes.job("trainer").must_succeed()

    def answer(self, logger: Service) -> float:
        """Let the model answer requests that it has never seen; return the share that it understood."""
        with self._display.stage("inference loads the checkpoint, web starts again"):
            inference = self._processes.service("inference")
            web = self._processes.service("web", logger=logger.address, inference=inference.address)
        asked = requests("test")
        with self._display.stage("the wearers ask, the model answers") as stage:
            understood = ask(web, asked, stage.progress)
            right = sum(intent == request.intent for intent, request in zip(understood, asked, strict=True))
            stage.note = f"{right} of {len(asked)} understood, accuracy {right / len(asked):.1%}"
        return right / len(asked)

    def refuse_advertising(self) -> None:
        """Let the advertising job try; it must leave the partner's file as empty as it was."""
        segments = self._places.segments
        segments.touch()
        with self._display.stage("an advertising job wants the interactions, and is refused") as stage:
            self._processes.job("advertising").must_be_refused()
            size = segments.stat().st_size
            if size:
                raise DemoError(f"the advertising job was refused, but {segments.name} holds {size} bytes")
            stage.note = f"{segments.name} holds {size} bytes"

    def refuse_copy(self) -> None:
        """Let an analyst copy the interactions to a table that the policy does not know; it must not exist."""
        with self._display.stage("a copy into a table without annotation is refused") as stage:
            self._processes.job("copying").must_be_refused()
            if "interactions_copy" in self._tables():
                raise DemoError("the copy was refused, but its table exists")
            stage.note = "no such table exists"

    def count(self) -> None:
        """Let the reviewed aggregation through."""
        with self._display.stage("counts per intent and day are reclassified, and go through") as stage:
            self._processes.job("counting").must_succeed()
            stage.note = f"{self._tables()['daily_counts']} rows"

    def digest(self) -> None:
        """Let the wearers be written to: their addresses go through files and tables, by SQL alone."""
        with self._display.stage(
            "the warehouse writes digests from the wearers' profiles and what they asked"
        ) as stage:
            self._processes.job("digest").must_succeed()
            stage.note = f"{self._tables()['sent']} digests"

    def _tables(self) -> dict[str, int]:
        """Return the warehouse's tables with their numbers of rows."""
        with duckdb.connect(self._places.warehouse, read_only=True) as database:
            names = [name for (name,) in database.execute("SHOW TABLES").fetchall()]
            return {name: len(database.table(name)) for name in names}
