"""A reader sees what a log holds, leaves it as it is, and refuses damage."""

import pytest

from builders import START_NS
from krakenbox.journal.frames import DamagedJournal
from krakenbox.journal.log import Log
from krakenbox.journal.reading import Reader
from krakenbox.journal.segments import StateHash
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Stamped, Tick, Void
from tape import HEADER


def batch(first: int, count: int) -> list[Stamped]:
    return [Stamped(seq, START_NS + seq, Tick()) for seq in range(first, first + count)]


def written(segment_bytes: int = 400) -> MemoryStorage:
    """Ten batches of two commands with a hash in the middle and the last command void."""
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=segment_bytes)
    for first in range(1, 20, 2):
        log.append(batch(first, 2))
        if first == 9:
            log.append_hash(b"\1")
    log.append_voids([Stamped(21, START_NS + 21, Void(20))])
    log.sync_now()
    return storage


def test_an_empty_storage_holds_nothing() -> None:
    reader = Reader(MemoryStorage())
    assert (reader.seq, reader.first_seq, list(reader.records()), reader.torn) == (0, 1, [], None)


def test_it_reads_what_the_log_reads_and_changes_nothing() -> None:
    storage = written()
    before = [bytes(storage.read(segment)) for segment in storage.segments()]
    reader = Reader(storage)
    assert len(reader.segments) > 3
    assert (reader.seq, reader.first_seq, reader.voided, reader.torn) == (21, 1, {20}, None)
    records = list(reader.records())
    assert StateHash(10, "01") in records
    assert records == list(Log(storage, HEADER, segment_bytes=400).records())
    assert [bytes(storage.read(segment)) for segment in storage.segments()] == before


def test_it_begins_with_the_segment_that_holds_the_next_command() -> None:
    records = list(Reader(written()).records(after_seq=15))
    firsts = [record[0].seq for record in records if isinstance(record, list)]
    assert 1 < firsts[0] <= 16
    assert firsts[-1] == 21


def test_a_write_under_way_is_an_end() -> None:
    storage = written(segment_bytes=1 << 20)
    whole = bytes(storage.read(1))
    storage.append(whole[-30:])
    reader = Reader(storage)
    assert reader.seq == 21
    assert reader.torn is not None
    assert (reader.torn.position, reader.torn.dropped) == (len(whole), 30)


def test_a_segment_that_was_only_begun_holds_nothing() -> None:
    storage = written()
    storage.begin(22)
    reader = Reader(storage)
    assert (reader.seq, 22 in reader.segments) == (21, False)


def test_damage_names_its_place() -> None:
    storage = written()
    second = storage.segments()[1]
    storage.flip(second, 100)
    with pytest.raises(DamagedJournal, match=f"segment {second:020} at byte"):
        Reader(storage)


def test_a_missing_segment_is_damage() -> None:
    storage = written()
    first, second, third, *_ = storage.segments()
    holed = MemoryStorage()
    for segment in (first, third):
        holed.begin(segment)
        holed.append(bytes(storage.read(segment)))
    with pytest.raises(DamagedJournal, match=f"segment {third:020} at byte 0.*does not continue"):
        Reader(holed)
    assert second


def test_a_begun_segment_behind_a_hole_is_damage() -> None:
    storage = written()
    storage.begin(30)
    with pytest.raises(DamagedJournal, match=f"segment {30:020} at byte 0.*segments before it are missing"):
        Reader(storage)


def test_a_last_segment_whose_head_rotted_is_damage() -> None:
    storage = written(segment_bytes=1 << 20)
    log = Log(storage, HEADER, segment_bytes=1 << 20)
    log.append(batch(22, 2))
    log.sync_now()
    storage.flip(1, 20)
    with pytest.raises(DamagedJournal, match=f"segment {1:020} at byte 0.*later ones say"):
        Reader(storage)
