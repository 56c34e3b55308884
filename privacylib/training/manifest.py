"""The manifest of a checkpoint: what it was made of, for what, by what, signed."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, cast

from attrs import asdict, field, frozen

from privacylib.propagation import Keyring, SigningKey

__all__ = ["FORMAT", "Input", "Manifest", "digest_of", "digest_of_bytes", "manifest_path", "read", "write"]

FORMAT = 1
_PREFIX = "privacylib manifest 1\n"
"""Before what is signed, so that a signature of something else is never one of a manifest."""


@frozen
class Input:
    """Name one thing that a checkpoint was made of.

    Args:
        asset: Its URI, with the field where one was read.
        labels: Labels it came with, sorted.
        digest: ``sha256:…`` of its content where it is a file that can be read, or None.
        unknown: Why nothing is known about it, or None.
    """

    asset: str
    labels: tuple[str, ...] = ()
    digest: str | None = None
    unknown: str | None = None


@frozen
class Manifest:
    """Say what a checkpoint carries.

    Args:
        checkpoint: URI of the model.
        digest: ``sha256:…`` of the checkpoint's file.
        purposes: What it was trained for, outermost first.
        inputs: What it was made of.
        labels: The join of the inputs' labels, sorted.
        ways: For each label, assets from where it came first to the input that brought it.
        unknown: Why nothing is known about what it holds, or None.
        policy: ``sha256:…`` of the policy that it was trained under.
        code: What made it: the module, and ``sha256:…`` of its file or the version that the job named.
        made: When, ISO 8601, UTC.
    """

    checkpoint: str
    digest: str | None
    purposes: tuple[str, ...]
    inputs: tuple[Input, ...]
    labels: tuple[str, ...]
    ways: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    unknown: str | None = None
    policy: str = ""
    code: str = ""
    made: str = ""


def manifest_path(file: Path) -> Path:
    """Return where the manifest of a checkpoint's file lies: beside it."""
    return file.with_name(file.name + ".manifest.json")


def digest_of(file: Path) -> str | None:
    """Return ``sha256:…`` of what a file or a directory holds.

    None where it cannot be read, or is something else: a pipe, or a directory with a link to another one in it.
    """
    try:
        if file.is_dir():
            return _digest_of_all(file)
        return _digest_of_one(file) if file.is_file() else None
    except OSError:
        return None


def digest_of_bytes(content: bytes) -> str:
    """Return ``sha256:…`` of what a file held."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _digest_of_one(file: Path) -> str:
    whole = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            whole.update(piece)
    return f"sha256:{whole.hexdigest()}"


def _digest_of_all(directory: Path) -> str | None:
    """Return the digest of all names in a directory, and beneath it, with what the files hold."""
    whole = hashlib.sha256()
    for place in sorted(directory.rglob("*")):
        if place.is_dir() and not place.is_symlink():
            continue
        if not place.is_file():
            return None
        whole.update(f"{len(name := str(place.relative_to(directory)))} {name} {_digest_of_one(place)}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def write(manifest: Manifest, file: Path, keys: Keyring) -> None:
    """Sign a manifest and put it beside the checkpoint's file or directory, whole or not at all."""
    body = {"format": FORMAT, **asdict(manifest)}
    signature = {"key": keys.first.id, "hmac-sha-256": _signature(keys.first, body)}
    place = manifest_path(file)
    aside = place.with_name(place.name + ".part")
    aside.write_text(json.dumps({**body, "signature": signature}, indent=2) + "\n")
    aside.replace(place)


def read(file: Path, checkpoint: str, keys: Keyring) -> "Manifest | str":
    """Return the manifest beside a checkpoint's file, or why it cannot be believed.

    Args:
        file: The checkpoint's file.
        checkpoint: URI that the manifest must be of.
        keys: What may have signed it.
    """
    try:
        place = manifest_path(file)
        if not place.exists():  # a link to a checkpoint, which has it beside itself
            place = manifest_path(file.resolve())
        body = cast("dict[str, Any]", json.loads(place.read_text()))
        signature = body.pop("signature")
        key = keys.by_id.get(signature["key"])
        if key is None:
            return "manifest-unknown-key"
        if not hmac.compare_digest(_signature(key, body), str(signature["hmac-sha-256"])):
            return "manifest-forged"
        if body.pop("format") != FORMAT:
            return "manifest-version"
        found = _built(body)
    except FileNotFoundError:
        return "manifest-missing"
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "manifest-malformed"
    if found.checkpoint != checkpoint:
        return "manifest-of-another-model"
    if found.digest is None or found.digest != digest_of(file):
        return "checkpoint-changed"
    return found


def _built(body: "dict[str, Any]") -> Manifest:
    inputs = tuple(
        Input(**cast("dict[str, Any]", one | {"labels": tuple(one["labels"])})) for one in body.pop("inputs")
    )
    ways = {label: tuple(way) for label, way in body.pop("ways").items()}
    lists: dict[str, Any] = {name: tuple(body.pop(name)) for name in ("purposes", "labels")}
    return Manifest(**body, **lists, inputs=inputs, ways=ways)


def _signature(key: SigningKey, body: "dict[str, Any]") -> str:
    text = _PREFIX + json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key.naming, text.encode(), "sha256").hex()
