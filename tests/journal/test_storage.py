"""The memory storage keeps what it was given, and fails in the ways a test asked for."""

import pytest

from krakenbox.journal.storage import MemoryStorage, NoStorage, Storage

FULL = OSError(28, "No space left on device")
BROKEN = OSError(5, "Input/output error")


def test_it_reads_back_what_was_appended() -> None:
    storage: Storage = MemoryStorage()
    storage.append(b"one")
    storage.append(b"two")
    assert bytes(storage.read()) == b"onetwo"


def test_a_preallocated_storage_reads_zeros_behind_its_end() -> None:
    storage = MemoryStorage(preallocated=8)
    storage.append(b"abc")
    assert bytes(storage.read()) == b"abc\0\0\0\0\0"
    assert storage.size == 3


def test_a_cut_drops_the_end_and_appends_continue_there() -> None:
    storage = MemoryStorage(b"abcdef")
    storage.cut(2)
    storage.append(b"X")
    assert bytes(storage.read()) == b"abX"
    with pytest.raises(AssertionError, match="at most at 3; was 4"):
        storage.cut(4)


def test_a_sync_answers_at_once_and_is_counted() -> None:
    storage = MemoryStorage()
    answers: list[OSError | None] = []
    storage.append(b"abc")
    assert storage.durable == 0
    storage.sync(answers.append)
    assert (answers, storage.durable, storage.syncs) == ([None], 3, 1)


def test_a_deferred_sync_covers_what_was_appended_before_it() -> None:
    storage = MemoryStorage()
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
    storage = MemoryStorage()
    storage.append(b"abc")
    storage.sync_now()
    storage.append(b"def")
    assert bytes(storage.crashed().read()) == b"abc"
    assert bytes(storage.crashed(kept=2).read()) == b"abcde"
    assert bytes(storage.read()) == b"abcdef"


def test_a_failing_write_leaves_the_part_it_wrote() -> None:
    storage = MemoryStorage(b"abc")
    storage.fail_appends(FULL, written=2)
    with pytest.raises(OSError, match="No space left"):
        storage.append(b"XYZ")
    assert bytes(storage.read()) == b"abcXY"
    assert storage.durable == 3


def test_a_failing_sync_makes_nothing_durable() -> None:
    storage = MemoryStorage()
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
    assert bytes(storage.read()) == b""
    storage.cut(0)
    with pytest.raises(AssertionError, match="cut at 4"):
        storage.cut(4)
