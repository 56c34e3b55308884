"""The table of accuracy: a peer that is not there is no peer that is wrong."""

import pytest

pytest.importorskip("sqlglot")


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.sql import accuracy

    monkeypatch.setitem(accuracy.PEERS, "no-such-peer", lambda _: frozenset())
    with pytest.raises(SystemExit, match="no-such-peer"):
        accuracy.main()
