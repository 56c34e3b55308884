"""Mistakes in a decorator's brackets are told where they are made, and do not become wrong records."""

import datetime
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.errors import AssetNameError

HERE = "file:///var/in.csv"


def plain() -> None: ...


def lowered(**changed: Any) -> object:
    given: dict[str, Any] = {
        "labels": ["A"], "to": [], "sink": HERE, "transform": plain, "reason": "r", "reviewer": "v",
        "expires": "2027-01-01",
    }  # fmt: skip
    given |= changed
    return privacylib.reclassify(given.pop("labels"), **given)


class AClass:
    """Stays as it is."""


WRONG: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "letters for fields": (lambda: privacylib.reads(HERE, fields="email"), TypeError, "fields is a list"),
    "letters for fields of a block": (lambda: privacylib.read(HERE, fields="email"), TypeError, "fields is a list"),
    "letters for what is written": (lambda: privacylib.write(HERE, fields="email"), TypeError, "fields is a list"),
    "letters for sources": (lambda: privacylib.write(HERE, derived_from=HERE), TypeError, "derived_from is a list"),
    "letters for labels": (lambda: privacylib.zone("reply", labels="CONTACT"), TypeError, "labels is a list"),
    "a number for a label": (lambda: privacylib.zone("reply", labels=[1]), TypeError, "each as text"),  # type: ignore[list-item]
    "letters that are lowered": (lambda: lowered(labels="CONTACT"), TypeError, "labels is a list"),
    "letters to lower to": (lambda: lowered(to="CONTACT"), TypeError, "to is a list"),
    "the name of a transform": (lambda: lowered(transform="jobs:count"), TypeError, "not its name"),
    "no day": (lambda: lowered(expires="soon"), ValueError, "2027-06-30"),
    "a purpose that no policy can hold": (lambda: privacylib.zone("to reply"), ValueError, "dotted"),
    "no purpose": (lambda: privacylib.zone(""), ValueError, "dotted"),
    "a job without purpose": (lambda: privacylib.training.job("job", ""), ValueError, "dotted"),
    "a zone without brackets": (lambda: privacylib.zone(plain), TypeError, "brackets"),  # type: ignore[arg-type]
    "a scope without brackets": (lambda: privacylib.scope(plain), TypeError, "brackets"),  # type: ignore[arg-type]
    "reads without brackets": (lambda: privacylib.reads(plain), AssetNameError, "not a function"),  # type: ignore[arg-type]
    "a path": (lambda: privacylib.read(Path("/var")), AssetNameError, "not a PosixPath"),  # type: ignore[arg-type]
    "a property": (lambda: privacylib.reads(HERE)(property(plain)), TypeError, "beneath it"),  # type: ignore[arg-type]
    "a cached property": (lambda: privacylib.zone("p")(functools.cached_property(plain)), TypeError, "beneath it"),  # type: ignore[arg-type]
    "a class": (lambda: privacylib.scope("work")(AClass), TypeError, "its methods"),
}


@pytest.mark.parametrize(("mistake", "error", "told"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told(mistake: Callable[[], object], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        mistake()


def test_a_day_may_be_a_date() -> None:
    assert lowered(expires=datetime.date(2027, 1, 1))
