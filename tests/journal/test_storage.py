"""The memory storage keeps what it was given, and fails in the ways a test asked for."""

from functools import partial

import pytest

from krakenbox.journal.storage import Crashed, MemoryStorage, NoStorage, Storage

FULL = OSError(28, "No space left on device")
BROKEN = OSError(5, "Input/output error")


def begun(preallocated: int = 0) -> MemoryStorage:
    """A storage with an empty segment."""
    storage = MemoryStorage(preallocated=preallocated)
    storage.begin(1)
    return storage


def test_it_reads_back_what_was_appended() -> None:
    storage: Storage = begun()
    storage.append(b"one")
    storage.append(b"two")
    assert bytes(storage.read(1)) == b"onetwo"


def test_a_preallocated_storage_reads_zeros_behind_its_end() -> None:
    storage = begun(preallocated=8)
    storage.append(b"abc")
    assert bytes(storage.read(1)) == b"abc\0\0\0\0\0"
    assert storage.size == 3


def test_a_cut_drops_the_end_and_appends_continue_there() -> None:
    storage = MemoryStorage(b"abcdef")
    storage.cut(1, 2)
    storage.append(b"X")
    assert bytes(storage.read(1)) == b"abX"
    with pytest.raises(AssertionError, match="at most at 3; was 4"):
        storage.cut(1, 4)


def test_a_sync_answers_at_once_and_is_counted() -> None:
    storage = begun()
    answers: list[OSError | None] = []
    storage.append(b"abc")
    assert storage.durable == 0
    storage.sync(answers.append)
    assert (answers, storage.durable, storage.syncs) == ([None], 3, 1)


def test_a_deferred_sync_covers_what_was_appended_before_it() -> None:
    storage = begun()
    storage.defer_syncs = True
    answers: list[str] = []
    storage.append(b"abc")
    storage.sync(lambda error: answers.append(f"first {error}"))
    storage.append(b"def")
    storage.sync(lambda error: answers.append(f"second {error}"))
    assert (answers, storage.durable, storage.unfinished_syncs) == ([], 0, 2)
    storage.finish_sync()
    assert (answers, storage.durable, storage.unfinished_syncs) == (["first None"], 3, 1)
    storage.finish_sync()
    assert (answers, storage.durable, storage.unfinished_syncs) == (["first None", "second None"], 6, 0)


def test_a_crash_keeps_what_was_synced_and_a_part_of_the_rest() -> None:
    storage = begun()
    storage.append(b"abc")
    storage.sync_now()
    storage.append(b"def")
    assert bytes(storage.crashed().read(1)) == b"abc"
    assert bytes(storage.crashed(kept=2).read(1)) == b"abcde"
    assert bytes(storage.read(1)) == b"abcdef"


def test_a_failing_write_leaves_the_part_it_wrote() -> None:
    storage = MemoryStorage(b"abc")
    storage.fail_appends(FULL, written=2)
    with pytest.raises(OSError, match="No space left"):
        storage.append(b"XYZ")
    assert bytes(storage.read(1)) == b"abcXY"
    assert storage.durable == 3


def test_a_failing_sync_makes_nothing_durable() -> None:
    storage = begun()
    answers: list[OSError | None] = []
    storage.append(b"abc")
    storage.fail_syncs(BROKEN)
    storage.sync(answers.append)
    assert (answers, storage.durable, storage.syncs) == ([BROKEN], 0, 0)
    with pytest.raises(OSError, match="Input/output"):
        storage.sync_now()
    assert storage.durable == 0


def test_no_storage_forgets_and_answers_at_once() -> None:
    storage = NoStorage()
    answers: list[OSError | None] = []
    storage.append(b"gone")
    storage.sync(answers.append)
    storage.sync_now()
    assert answers == [None]
    assert bytes(storage.read(1)) == b""
    storage.begin(9)
    storage.drop(1)
    storage.close()
    assert storage.segments() == []
    with pytest.raises(AssertionError, match="cut 1 at 4"):
        storage.cut(1, 4)


# --- segments


def three() -> MemoryStorage:
    """Segments 1, 4 and 9, each synced."""
    storage = MemoryStorage()
    for segment, data in ((1, b"aaa"), (4, b"bbbb"), (9, b"cc")):
        storage.begin(segment)
        storage.append(data)
    storage.sync_now()
    return storage


def held(storage: MemoryStorage) -> dict[int, bytes]:
    return {segment: bytes(storage.read(segment)) for segment in storage.segments()}


def test_an_append_goes_into_the_segment_begun_last() -> None:
    storage = three()
    assert held(storage) == {1: b"aaa", 4: b"bbbb", 9: b"cc"}
    assert (storage.size, storage.durable) == (9, 9)
    with pytest.raises(AssertionError, match="9 must follow"):
        storage.begin(9)


def test_a_cut_drops_later_segments_too() -> None:
    storage = three()
    storage.cut(4, 1)
    storage.append(b"X")
    assert held(storage) == {1: b"aaa", 4: b"bX"}
    assert (storage.size, storage.durable) == (5, 4)


def test_the_oldest_segment_can_be_dropped_until_one_is_left() -> None:
    storage = three()
    storage.append(b"d")
    with pytest.raises(AssertionError, match="the oldest, 1, goes first; was 4"):
        storage.drop(4)
    storage.drop(1)
    storage.drop(4)
    assert (held(storage), storage.size, storage.durable) == ({9: b"ccd"}, 3, 2)
    with pytest.raises(AssertionError, match="the only one"):
        storage.drop(9)


def test_a_deferred_sync_covers_the_same_bytes_though_a_segment_was_dropped() -> None:
    storage = three()
    storage.append(b"d")
    storage.defer_syncs = True
    storage.sync(lambda error: None)
    storage.append(b"e")
    storage.drop(1)
    storage.finish_sync()
    assert held(storage.crashed()) == {4: b"bbbb", 9: b"ccd"}


def test_a_crash_takes_what_was_not_synced_from_behind_and_may_leave_a_segment_empty() -> None:
    storage = begun()
    storage.append(b"ab")
    storage.begin(4)
    storage.append(b"cd")
    assert [held(storage.crashed(kept)) for kept in range(5)] == [
        {1: b""},
        {1: b"a"},
        {1: b"ab", 4: b""},
        {1: b"ab", 4: b"c"},
        {1: b"ab", 4: b"cd"},
    ]


def test_a_segment_that_cannot_be_begun_is_not_there() -> None:
    storage = three()
    storage.fail_begins(FULL)
    with pytest.raises(OSError, match="No space left"):
        storage.begin(12)
    assert storage.segments() == [1, 4, 9]


def test_a_bit_rots_where_it_is_told_to() -> None:
    storage = three()
    storage.flip(4, 2, 0x01)
    assert held(storage) == {1: b"aaa", 4: b"bbcb", 9: b"cc"}


@pytest.mark.parametrize(
    ("write", "left"),
    [(1, {1: b"ab"}), (2, {1: b"abcd"}), (3, {1: b"abcde"}), (4, {1: b"abcde", 4: b"f"})],
)
def test_a_crash_at_a_write_ends_everything_in_the_middle_of_it(write: int, left: dict[int, bytes]) -> None:
    storage = begun()
    storage.append(b"a")
    storage.shorten_writes(2)
    storage.crash_at(write, written=1)
    with pytest.raises(Crashed):
        _write_two_segments(storage)
    for again in (partial(storage.append, b"Z"), partial(storage.begin, 99), storage.sync_now):
        with pytest.raises(Crashed):
            again()
    assert held(storage) == left


def _write_two_segments(storage: MemoryStorage) -> None:
    """As four writes: two pieces, a segment, a piece."""
    storage.append(b"bcde")
    storage.begin(4)
    storage.append(b"fg")
