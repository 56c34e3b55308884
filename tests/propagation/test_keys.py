"""Where signing keys come from."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from privacylib.errors import PrivacyError
from privacylib.model.policy import Key, Trust
from privacylib.propagation import Keyring, SigningKey, keyring, keys

LONG = "a-secret-of-more-than-16-bytes"
NAMED = Trust(keys=(Key(id="k2", env="PL_KEY_2"),))
PRINT_ID = """
import pathlib, sys, time
from privacylib.model.policy import Trust
from privacylib.propagation import keyring
time.sleep(max(0, float(sys.argv[2]) - time.time()))
print(keyring(Trust(), pathlib.Path(sys.argv[1]), {}).first.id)
"""


def own(spool: Path) -> Keyring:
    return keyring(Trust(), spool, {})


def test_keys_of_the_policy_come_first(tmp_path: Path) -> None:
    file = tmp_path / "k1"
    file.write_text(LONG[::-1] + "\n")
    trust = Trust(keys=(Key(id="k2", env="PL_KEY_2"), Key(id="k1", file=str(file))))
    keys = keyring(trust, tmp_path, {"PL_KEY_2": LONG, "PRIVACYLIB_KEY_FILE": str(file)})
    assert keys == Keyring.of(("k2", LONG.encode()), ("k1", LONG[::-1].encode()))
    assert keys.first.id == "k2"


def test_a_key_file_wins_over_the_spool(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere"
    file.write_text(LONG)
    assert keyring(Trust(), tmp_path, {"PRIVACYLIB_KEY_FILE": str(file)}) == Keyring((SigningKey.of(LONG.encode()),))
    assert not (tmp_path / "key").exists()


def test_processes_that_share_a_spool_share_its_key(tmp_path: Path) -> None:
    spool = tmp_path / "new" / "spool"
    first = own(spool)
    assert own(spool) == first
    assert stat.S_IMODE((spool / "key").stat().st_mode) == 0o600
    assert [file.name for file in spool.iterdir()] == ["key"]
    assert keyring(Trust(), None, {"PRIVACYLIB_KEY_FILE": str(spool / "key")}) == first
    assert own(tmp_path / "other") != first


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PRINT_ID, str(tmp_path), str(time.time() + 1.5)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = {child.communicate(timeout=60)[0].strip() for child in children}
    assert ids == {own(tmp_path).first.id}
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_without_a_spool_the_key_lives_in_memory() -> None:
    assert keyring(Trust(), None, {}) != keyring(Trust(), None, {})


def test_no_secret_shows() -> None:
    keys = Keyring.of(("k1", LONG.encode()))
    assert repr(keys) == "Keyring(keys=(SigningKey(id='k1'),))"


@pytest.mark.parametrize(
    ("trust", "environ", "said"),
    [
        (NAMED, {}, "key k2 is to be in PL_KEY_2, which is not set; set it"),
        (NAMED, {"PL_KEY_2": ""}, "key k2 is to be in PL_KEY_2, which is not set; set it"),
        (NAMED, {"PL_KEY_2": "hunter2"}, "key k2 is shorter than 16 bytes; make one"),
        (Trust(keys=(Key(id="k2", file="/nowhere/key"),)), {}, "key k2: /nowhere/key cannot be read"),
        (Trust(keys=(Key(id="k2"),)), {}, "key k2 needs either env or file; write"),
        (Trust(keys=(Key(id="k2", env="PL_KEY_2", file="/x"),)), {"PL_KEY_2": LONG}, "key k2 needs either env or file"),
        (Trust(keys=(Key(id="k.2", env="PL_KEY_2"),)), {"PL_KEY_2": LONG}, "1 to 16 letters or digits; rename"),
        (Trust(keys=(Key(id="k2", env="PL_KEY_2"),) * 2), {"PL_KEY_2": LONG}, "two keys are called k2; give"),
        (Trust(), {"PRIVACYLIB_KEY_FILE": "/nowhere/key"}, "PRIVACYLIB_KEY_FILE: /nowhere/key cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_with_the_remedy(trust: Trust, environ: dict[str, str], said: str) -> None:
    with pytest.raises(PrivacyError) as raised:
        keyring(trust, None, environ)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_key_that_is_too_short_tells_nothing_of_itself(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2")
    with pytest.raises(PrivacyError) as raised:
        keyring(Trust(), None, {"PRIVACYLIB_KEY_FILE": str(tmp_path / "key")})
    assert str(raised.value).startswith("the key of PRIVACYLIB_KEY_FILE or of the spool is shorter than 16 bytes")


def test_a_spool_in_which_no_key_can_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PrivacyError, match="no key can be made"):
        own(tmp_path / "file" / "spool")


@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_key_is_no_reason_not_to_start(
    cause: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(cause, os.strerror(cause))

    monkeypatch.setattr(keys, "_create", full)
    one, other = own(tmp_path), own(tmp_path)
    assert one != other
    assert "make it writable" in caplog.text
    assert "no other one believes" in caplog.text


def test_a_spool_that_the_key_comes_first_to_is_its_owners_alone(tmp_path: Path) -> None:
    keyring(Trust(), tmp_path / "spool", {})
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
