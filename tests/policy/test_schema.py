"""The JSON Schema beside the loader."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from privacylib.model.policy import Policy
from privacylib.policy.schema import schema
from tests.policy.written import plain
from tests.strategies import policies

HERE = Path(__file__).parent
VALIDATOR: Any = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _files(pattern: str) -> list[Path]:
    return sorted(HERE.glob(pattern))


def _as_json(path: Path) -> Any:
    return json.loads(json.dumps(yaml.safe_load(path.read_text()), default=datetime.date.isoformat))


def _errors(content: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(content)]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_key_has_a_description() -> None:
    objects = [schema(), *schema()["$defs"].values()]
    assert all(key["description"] for one in objects for key in one["properties"].values())
    assert all(one["additionalProperties"] is False for one in objects)


@pytest.mark.parametrize("path", _files("good/*.yaml"), ids=lambda path: path.stem)
def test_it_accepts_what_the_loader_accepts(path: Path) -> None:
    assert not _errors(_as_json(path))


@given(policies)
def test_law_it_accepts_every_policy(policy: Policy) -> None:
    assert not _errors(plain(policy))


@pytest.mark.parametrize("path", _files("bad/shape-*.yaml"), ids=lambda path: path.stem)
def test_it_rejects_what_has_the_wrong_shape(path: Path) -> None:
    try:
        content = _as_json(path)
    except ValueError:  # a day that no calendar has, which YAML itself refuses
        return
    assert not VALIDATOR.is_valid(content)


@pytest.mark.parametrize("path", _files("bad/meaning-*.yaml"), ids=lambda path: path.stem)
def test_it_leaves_what_a_name_refers_to_to_the_loader(path: Path) -> None:
    assert not _errors(_as_json(path))
