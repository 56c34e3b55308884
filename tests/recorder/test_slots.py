"""Whatever form writes a record, its bytes are those that the format's page describes."""

import mmap
from struct import Struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder.guard import PidGuard, new_guard
from privacylib.recorder.layout import MAX_DURATION, OP, SLOT
from privacylib.recorder.recorder import Recorder
from privacylib.recorder.slots import Window
from privacylib.recorder.storing.memory import MemoryStore

WHOLE = Struct("<IBBHIQIQQ16sQ")
SPANS = st.integers(1, 2**63 - 1)
WORD = st.integers(0, 2**64 - 1)


def slot(recorder: Recorder) -> bytes:
    """Return the first record that a recorder wrote."""
    store = recorder.store
    assert isinstance(store, MemoryStore)
    return store.read(0, SLOT, SLOT)


def expected(
    flags: int, links: int, flow: int, start: int, duration: int, span: int, parent: int, key: bytes, link: int
) -> bytes:
    whole = WHOLE.pack(0, OP, flags, links, flow, start, duration, span, parent, key, link)
    return crc32(whole[4:]).to_bytes(4, "little") + whole[4:]


@given(
    flow=st.integers(1, 2**32 - 1), start=st.integers(0, 2**63 - 1), duration=st.integers(0, MAX_DURATION), span=SPANS,
    parent=WORD, key=st.binary(min_size=16, max_size=16), link=st.none() | SPANS,
)  # fmt: skip
def test_a_plain_record(
    flow: int, start: int, duration: int, span: int, parent: int, key: bytes, link: int | None
) -> None:
    recorder = Recorder(MemoryStore(), "test")
    head = recorder.heads(flow)[0 if link is None else 1]
    assert recorder.keep(head, start, duration, span, parent.to_bytes(8, "little") + key, link or 0)
    count = 0 if link is None else 1
    assert slot(recorder) == expected(0, count, flow, start, duration, span, parent, key, link or 0)


@given(
    flags=st.integers(0, 127), flow=st.integers(1, 2**32 - 1), start=WORD, duration=st.integers(-5, 2**40), span=SPANS,
    parent=WORD, key=st.binary(min_size=16, max_size=16), links=st.lists(SPANS, max_size=1),
)  # fmt: skip
def test_any_record_of_one_slot(
    flags: int, flow: int, start: int, duration: int, span: int, parent: int, key: bytes, links: list[int]
) -> None:
    recorder = Recorder(MemoryStore(), "test")
    assert recorder.append(flow, flags, start, duration, span, parent, key, links)
    kept = min(max(duration, 0), MAX_DURATION)
    link = links[0] if links else 0
    assert slot(recorder) == expected(flags, len(links), flow, start, kept, span, parent, key, link)


@pytest.mark.parametrize("duration", [-1, MAX_DURATION + 1])
def test_a_plain_record_under_a_clock_that_was_set(duration: int) -> None:
    recorder = Recorder(MemoryStore(), "test")
    assert recorder.keep(recorder.heads(7)[1], 5, duration, 6, bytes(8) + bytes(range(16)), 9)
    kept = min(max(duration, 0), MAX_DURATION)
    assert slot(recorder) == expected(0, 1, 7, 5, kept, 6, 0, bytes(range(16)), 9)


def test_a_number_that_no_record_can_hold_is_refused_and_counted() -> None:
    recorder = Recorder(MemoryStore(), "test")
    recorder.define(Flow(Kind.READ, Asset("file", "/a")))
    assert not recorder.append(1, 0, -1, 1, 1, 0, bytes(16))
    assert sum(recorder.refused.values()) == 1


@pytest.mark.parametrize("guard", [new_guard, PidGuard])
def test_a_window_takes_what_has_room_while_the_process_may(guard: type[PidGuard]) -> None:
    held, view = guard(), mmap.mmap(-1, 4 * SLOT)
    window = Window(SLOT, 3 * SLOT, held, view)
    body = bytes(range(60))
    assert window.put(body)
    assert view[SLOT : 2 * SLOT] == crc32(body).to_bytes(4, "little") + body
    held[0] = 0
    assert not window.put(body)
    held[0] = 1
    assert window.take() == 3 * SLOT
    assert not window.put(body)
    assert view[2 * SLOT :] == bytes(2 * SLOT)
