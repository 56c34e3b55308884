"""Signing keys: where they come from, and what is derived from each."""

import contextlib
import errno
import hmac
import importlib
import logging
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from privacylib.errors import PrivacyError
from privacylib.model.policy import Key, Trust

__all__ = ["KEY_FILE", "MINIMUM", "Keyring", "Signer", "SigningKey", "keyring"]

KEY_FILE = "PRIVACYLIB_KEY_FILE"
MINIMUM = 16
"""Least length of a secret, in bytes."""

try:  # what `hmac.new` wraps in an object that takes as long again
    _begin: Any = importlib.import_module("_hashlib").hmac_new
except (ImportError, AttributeError):  # Python without OpenSSL
    _begin = hmac.new

_NOT_NOW = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}
"""What a disk says that is full, failing, or not for this process: no reason for a host not to start."""

_log = logging.getLogger("privacylib")

_ID = re.compile(r"[A-Za-z0-9]{1,16}")


def _derive(secret: bytes, use: str) -> bytes:
    """Return the subkey of `secret` for one use, so that no two uses ever share a key."""
    return hmac.digest(secret, b"privacylib/1/" + use.encode(), "sha256")


class Signer:
    """Sign text with HMAC-SHA-256 (RFC 2104) under one key.

    The hash begins with a block made of the key. It is begun once and copied for each text, which
    halves the time of `hmac.digest`.

    Args:
        key: 32 bytes.
    """

    __slots__ = ("begin",)

    def __init__(self, key: bytes) -> None:
        self.begin = _begin(key, digestmod="sha256").copy
        """Return the hash as it is before any text."""

    def sign(self, text: str) -> str:
        """Return the signature of a text of ASCII, as 64 hex digits."""
        begun = self.begin()
        begun.update(text.encode("ascii"))
        return begun.hexdigest()


@frozen(cache_hash=True)
class SigningKey:
    """Hold what is derived from one secret.

    Args:
        id: Its name on the wire, 1 to 16 letters or digits.
        naming: Subkey that turns names into ids.
        signer: What signs with the other subkey.
    """

    id: str
    naming: bytes = field(repr=False)
    signer: Signer = field(repr=False, eq=False)

    @classmethod
    def of(cls, secret: bytes, id: str | None = None) -> "SigningKey":  # noqa: A002 - the policy file's word
        """Derive the subkeys of a secret.

        Args:
            secret: At least 16 bytes.
            id: Name of the key; None to derive one from the secret, the same wherever it is held.

        Raises:
            PrivacyError: For a secret that is too short, or an id that cannot travel.
        """
        name = _derive(secret, "id").hex()[:8] if id is None else id
        if not _ID.fullmatch(name):
            raise PrivacyError("a key's id is 1 to 16 letters or digits; rename the key under trust.keys")
        if len(secret) < MINIMUM:
            whose = f"the key of {KEY_FILE} or of the spool" if id is None else f"key {name}"
            raise PrivacyError(
                f"{whose} is shorter than {MINIMUM} bytes; make one with `openssl rand -hex 32`",
            )
        return cls(name, _derive(secret, "names"), Signer(_derive(secret, "member")))


def _index(keys: Iterable[SigningKey]) -> dict[str, SigningKey]:
    index: dict[str, SigningKey] = {}
    for key in keys:
        if key.id in index:
            raise PrivacyError(f"two keys are called {key.id}; give each key under trust.keys its own id")
        index[key.id] = key
    return index


@frozen
class Keyring:
    """Hold the keys of a process: the first signs, all verify."""

    keys: tuple[SigningKey, ...]
    by_id: Mapping[str, SigningKey] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "by_id", _index(self.keys))

    @classmethod
    def of(cls, *secrets: tuple[str, bytes]) -> "Keyring":
        """Build a keyring of pairs of id and secret, the signing one first."""
        return cls(tuple(SigningKey.of(secret, name) for name, secret in secrets))

    @property
    def first(self) -> SigningKey:
        """Return the key that signs."""
        return self.keys[0]


def keyring(trust: Trust, spool: Path | None, environ: Mapping[str, str]) -> Keyring:
    """Return the keys of this process.

    They are those the policy names; else the one in the file that ``PRIVACYLIB_KEY_FILE`` names;
    else the spool's own, made at first use; else, without a spool or where nothing can be written
    there, one that lives in memory.

    Args:
        trust: Whom the policy trusts.
        spool: Directory of the spool, or None without one.
        environ: Environment variables of the process.

    Raises:
        PrivacyError: For a key that is missing, too short or cannot be read. The text names the
            key and the remedy, never the value.
    """
    if trust.keys:
        return Keyring(tuple(SigningKey.of(_named(key, environ), key.id) for key in trust.keys))
    if file := environ.get(KEY_FILE):
        return Keyring((SigningKey.of(_content(Path(file), KEY_FILE)),))
    if spool is not None:
        return Keyring((SigningKey.of(_own(spool)),))
    return Keyring((SigningKey.of(secrets.token_bytes(32)),))


def _named(key: Key, environ: Mapping[str, str]) -> bytes:
    if (key.env is None) == (key.file is None):
        raise PrivacyError(f"key {key.id} needs either env or file; write one of them under trust.keys")
    if key.file is not None:
        return _content(Path(key.file), f"key {key.id}")
    value = environ.get(key.env or "")
    if not value:
        raise PrivacyError(f"key {key.id} is to be in {key.env}, which is not set; set it, or remove the key")
    return os.fsencode(value)


def _content(file: Path, whose: str) -> bytes:
    try:
        return file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise PrivacyError(
            f"{whose}: {file} cannot be read ({error.strerror}); create it, or let this user read it",
        ) from None


def _own(spool: Path) -> bytes:
    """Return the spool's own key; of several processes that start at once, one makes it for all."""
    file = spool / "key"
    if not file.exists():
        from privacylib.recorder import make_directory  # a key that is named needs no spool

        try:
            make_directory(spool, 0o700)
            _create(file)
        except OSError as error:
            told = f"no key can be made in {spool} ({error.strerror}); make it writable, or set {KEY_FILE}"
            if error.errno not in _NOT_NOW:
                raise PrivacyError(told) from None
            _log.warning("%s. Until then nothing is kept, and what this process signs no other one believes", told)
            return secrets.token_bytes(32)
    return _content(file, "the spool's key")


def _create(file: Path) -> None:
    """Make a key file that others see whole or not at all: written aside, then linked into place."""
    aside = file.with_name(f".key-{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            os.fchmod(descriptor, 0o600)  # whatever the umask
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink()
