"""Journals on a real disk: what a sync covered is there after any cut of the rest, and failures stay."""

import asyncio
import errno
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from krakenbox.journal.disk import Disk
from krakenbox.journal.files import FileShelf, FileStorage
from krakenbox.journal.log import DamagedJournal, Header, Log
from krakenbox.journal.snapshot import Image, encode, newest
from krakenbox.journal.storage import Storage
from krakenbox.model.command import Stamped, Tick
from krakenbox.model.event import Outcome
from krakenbox.sequencer import Sequencer
from tape import ON, Tape

HEADER = Header(rules=1, venue_id=7)
SEGMENT_BYTES = 300
BROKEN = OSError(errno.EIO, "Input/output error")


def tick(seq: int) -> Stamped:
    return Stamped(seq, seq * 10, Tick())


class Loop:
    """Stands for an event loop: keeps what another thread asks to be called."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._there = threading.Semaphore(0)

    def call_soon(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        self._there.release()

    def turn(self) -> None:
        """Wait for one call and make it."""
        assert self._there.acquire(timeout=20), "nothing came"
        self._calls.popleft()()


def stored(path: Path, disk: Disk | None = None, durability: str = "commit") -> FileStorage:
    return FileStorage(path, Loop().call_soon, durability, SEGMENT_BYTES, disk)


def written(path: Path, count: int = 9) -> int:
    """Write a log of so many batches, all synced. The size of its last segment before the last batch."""
    storage = stored(path)
    log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
    before = 0
    for seq in range(1, count + 1):
        before = log.sizes()[-1][1]
        log.append([tick(seq)])
        log.sync_now()
    storage.close()
    return before


def seqs(path: Path) -> list[int]:
    """Commands of the log there is, which is opened and cut like at a start."""
    storage = stored(path)
    try:
        log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
        return [s.seq for record in log.records() if isinstance(record, list) for s in record]
    finally:
        storage.close()


def last_file(path: Path) -> Path:
    return max(path.glob("*.log"))


# --- storage


def test_a_storage_that_is_only_made_touches_nothing(tmp_path: Path) -> None:
    storage: Storage = stored(tmp_path / "journal")
    assert storage.segments() == []
    storage.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_synced_is_read_back_by_the_next_process(tmp_path: Path) -> None:
    written(tmp_path / "journal")
    storage = stored(tmp_path / "journal")
    assert len(storage.segments()) > 2
    log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
    assert (log.seq, log.torn) == (9, None)
    log.append([tick(10)])
    log.sync_now()
    storage.close()
    assert seqs(tmp_path / "journal") == [*range(1, 11)]


def test_the_end_of_a_sync_comes_back_to_the_callers_loop_in_order(tmp_path: Path) -> None:
    loop = Loop()
    storage = FileStorage(tmp_path, loop.call_soon)
    told: list[tuple[str, OSError | None, int]] = []

    def tell(number: str, error: OSError | None) -> None:
        told.append((number, error, threading.get_ident()))

    storage.begin(1)
    for number in ("one", "two", "three"):
        storage.append(number.encode())
        storage.sync(partial(tell, number))
    assert told == []
    for _ in range(3):
        loop.turn()
    here = threading.get_ident()
    assert told == [("one", None, here), ("two", None, here), ("three", None, here)]
    assert bytes(storage.read(1)[:11]) == b"onetwothree"
    storage.close()


def test_a_sync_on_an_event_loop_answers_while_that_goes_on(tmp_path: Path) -> None:
    async def main() -> tuple[OSError | None, bool]:
        loop = asyncio.get_running_loop()
        storage = FileStorage(tmp_path, loop.call_soon_threadsafe)
        storage.begin(1)
        storage.append(b"abc")
        answer: asyncio.Future[OSError | None] = loop.create_future()
        storage.sync(answer.set_result)
        early = answer.done()
        error = await answer
        storage.close()
        return error, early

    assert asyncio.run(main()) == (None, False)


def test_a_writer_that_takes_long_is_lent_time_but_not_waited_for(tmp_path: Path) -> None:
    stalled, loop = threading.Event(), Loop()

    def sync(file: int) -> None:
        stalled.wait(20)

    storage = FileStorage(tmp_path, loop.call_soon, disk=msgspec.structs.replace(Disk(), sync=sync))
    told: list[OSError | None] = []
    storage.begin(1)
    storage.sync(told.append)
    for _ in range(20):
        storage.append(b"x")
    assert told == []
    stalled.set()
    loop.turn()
    assert told == [None]
    storage.close()


def test_os_durability_syncs_only_where_it_is_waited_for(tmp_path: Path) -> None:
    synced: list[int] = []
    loop = Loop()
    storage = FileStorage(
        tmp_path, loop.call_soon, "os", disk=msgspec.structs.replace(Disk(), sync=synced.append)
    )
    assert not storage.commits
    storage.begin(1)
    storage.sync_now()
    synced.clear()
    storage.append(b"abc")
    storage.sync(lambda error: None)
    loop.turn()
    assert synced == []
    assert bytes(storage.read(1)[:3]) == b"abc"
    storage.append(b"def")
    storage.sync_now()
    assert len(synced) == 1
    storage.close()
    with pytest.raises(AssertionError, match="must be commit or os; was fsync"):
        stored(tmp_path, durability="fsync")


@pytest.mark.parametrize("call", ["write", "sync"])
def test_after_a_failure_everything_fails_with_it(tmp_path: Path, call: str) -> None:
    working = [True]
    real = getattr(Disk(), call)

    def failing(*arguments: object) -> object:
        if not working[0]:
            raise BROKEN
        return real(*arguments)

    loop = Loop()
    storage = FileStorage(tmp_path, loop.call_soon, disk=msgspec.structs.replace(Disk(), **{call: failing}))
    storage.begin(1)
    storage.append(b"abc")
    storage.sync_now()
    working[0] = False
    told: list[OSError | None] = []
    storage.append(b"def")
    storage.sync(told.append)
    loop.turn()
    assert told == [BROKEN]
    working[0] = True
    with pytest.raises(OSError, match="Input/output"):
        storage.append(b"ghi")
    with pytest.raises(OSError, match="Input/output"):
        storage.begin(9)
    with pytest.raises(OSError, match="Input/output"):
        storage.sync_now()
    storage.sync(told.append)
    loop.turn()
    assert told == [BROKEN, BROKEN]
    storage.close()


def test_a_disk_that_is_full_stops_the_sequencer_within_one_command(tmp_path: Path) -> None:
    """Nothing of what was under way is published, and the next start has all that was."""
    room = [1000]

    def write(file: int, data: bytes | memoryview, position: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= (count := os.pwrite(file, data[: room[0]], position))
        return count

    loop = Loop()
    storage = FileStorage(tmp_path, loop.call_soon, disk=msgspec.structs.replace(Disk(), write=write))
    tape, published = Tape(), list[Outcome]()
    refused: list[object] = []
    failures: list[Exception] = []
    sequencer = Sequencer(tape, Log(storage, HEADER), lambda: 1, published.extend)
    sequencer.on_unavailable = lambda command, origin: refused.append(origin)
    sequencer.on_failure = failures.append
    for origin in range(100):
        sequencer.submit(ON, origin)
        sequencer.drain()
        if not sequencer.failed:
            loop.turn()
    assert [error.errno for error in failures if isinstance(error, OSError)] == [errno.ENOSPC]
    count = len(published)
    assert count > 3
    assert len(tape.applied) == count + 1
    assert refused == [*range(count + 1, 100)]
    storage.close()

    storage = FileStorage(tmp_path, loop.call_soon)
    copy: list[Outcome] = []
    again = Sequencer(Tape(), Log(storage, HEADER), lambda: 10**9, copy.extend)
    again.recover()
    assert [o.seq for o in copy] == [o.seq for o in published]
    storage.close()


# --- cuts and rot


def test_a_kill_at_every_byte_of_the_last_record_loses_that_record_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    start = written(journal)
    whole = last_file(journal).read_bytes()
    end = len(whole.rstrip(b"\0"))
    for size in range(start, end + 1):
        for padding in (0, len(whole) - size):
            copy = tmp_path / "copy"
            shutil.copytree(journal, copy)
            last_file(copy).write_bytes(whole[:size] + bytes(padding))
            assert seqs(copy) == [*range(1, 9 + (size == end))]
            # It was cut for good: the next start finds nothing torn.
            storage = stored(copy)
            assert Log(storage, HEADER).torn is None
            storage.close()
            shutil.rmtree(copy)


def test_a_flipped_bit_in_a_file_before_the_last_refuses_and_names_it(tmp_path: Path) -> None:
    written(tmp_path)
    *finished, _ = sorted(tmp_path.glob("*.log"))
    for file in finished:
        whole = file.read_bytes()
        for position in range(0, len(whole), 7):
            file.write_bytes(whole[:position] + bytes([whole[position] ^ 0x20]) + whole[position + 1 :])
            with pytest.raises(DamagedJournal, match=f"segment {file.stem} at byte"):
                seqs(tmp_path)
        file.write_bytes(whole)
    assert seqs(tmp_path) == [*range(1, 10)]


def test_dropped_segments_are_gone_after_the_next_sync(tmp_path: Path) -> None:
    written(tmp_path)
    storage = stored(tmp_path)
    log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
    names = storage.segments()
    log.prune(names[1] - 1)
    log.sync_now()
    assert storage.segments() == names[1:]
    storage.close()
    assert seqs(tmp_path) == [*range(names[1], 10)]


# --- snapshots


def image(seq: int) -> bytes:
    return encode(Image(seq, seq * 10, 1, 7, {"venue": b"{}"}))


def test_a_shelf_keeps_whole_snapshots_and_gives_the_newest(tmp_path: Path) -> None:
    shelf = FileShelf(tmp_path / "snapshots")
    assert (shelf.kept(), newest(shelf).image) == ([], None)
    for seq in (10, 9):
        shelf.put(seq, image(seq))
    assert shelf.kept() == [9, 10]
    found = newest(shelf).image
    assert found is not None
    assert found.seq == 10
    assert shelf.size(9) == len(image(9))
    shelf.drop(10)
    assert shelf.kept() == [9]


def test_a_snapshot_counts_only_once_it_is_kept(tmp_path: Path) -> None:
    shelf = FileShelf(tmp_path)
    shelf.prepare(5, image(5))
    shelf.prepare(6, image(6))
    assert shelf.kept() == []
    shelf.keep(5)
    shelf.tidy()
    assert shelf.kept() == [5]
    assert os.listdir(tmp_path) == [f"{5:020}.snap"]
    assert shelf.get(5) == image(5)


@pytest.mark.parametrize("call", ["write", "sync", "rename"])
def test_a_snapshot_that_cannot_be_written_leaves_the_older_ones(tmp_path: Path, call: str) -> None:
    def failing(*arguments: object) -> None:
        raise BROKEN

    FileShelf(tmp_path).put(5, image(5))
    shelf = FileShelf(tmp_path, msgspec.structs.replace(Disk(), **{call: failing}))
    with pytest.raises(OSError, match="Input/output"):
        shelf.put(6, image(6))
    assert shelf.kept() == [5]
