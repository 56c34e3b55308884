"""The wearers' profiles: a table of users in SQLite."""

import sqlite3
from pathlib import Path

from attrs import frozen

import privacylib
from privacylib.demo.places import USERS

__all__ = ["WEARERS", "Profile", "Profiles", "create_profiles"]

_NAMES = (
    "Ada", "Bao", "Carmen", "Dmitri", "Ebru", "Farid", "Greta", "Hana", "Imani", "Jonas",
    "Kofi", "Leila", "Mateo", "Noor", "Olga", "Pavel", "Qiu", "Rosa", "Samir", "Tuva",
    "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zofia", "Aiko", "Bruno", "Chidi", "Dalia",
    "Emil", "Fatou", "Goran", "Hilde", "Isla", "Jamal", "Kaja", "Luca", "Mina", "Nils",
)  # fmt: skip

WEARERS = len(_NAMES)
"""Number of people who wear the glasses; their ids count from 1."""


@frozen
class Profile:
    """What the assistant knows about a wearer."""

    name: str
    email: str


def create_profiles(path: Path) -> None:
    """Create the database with a profile for each wearer.

    Args:
        path: A file that does not exist yet.
    """
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, language TEXT)")
        people = [(i, name, f"{name.lower()}@example.org", "en") for i, name in enumerate(_NAMES, start=1)]
        database.executemany("INSERT INTO users VALUES (?, ?, ?, ?)", people)
    database.close()


class Profiles:
    """Read profiles.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)

    @privacylib.reads(USERS, fields=("name", "email"))
    def profile(self, wearer: int) -> Profile:
        """Return the profile of a wearer."""
        row = self._database.execute("SELECT name, email FROM users WHERE id = ?", (wearer,)).fetchone()
        return Profile(*row)
