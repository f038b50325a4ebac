"""A log goes on over segments: named, checked, joined, pruned, and begun anew under other rules."""

import pytest

from krakenbox.journal.log import DamagedJournal, ForeignJournal, Header, Log, StateHash, Torn, stored_header
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Stamped, Tick, Void

HEADER = Header(rules=3, venue_id=2**64 - 1)


def tick(seq: int) -> Stamped:
    return Stamped(seq, seq * 10, Tick())


SEGMENT_BYTES = 300
"""Holds two or three batches of one tick."""


def long_log(count: int = 12, header: Header = HEADER) -> MemoryStorage:
    """A storage with several segments, each batch synced."""
    storage = MemoryStorage()
    log = Log(storage, header, segment_bytes=SEGMENT_BYTES)
    for seq in range(1, count + 1):
        log.append([tick(seq)])
        log.sync_now()
    assert len(storage.segments()) > 3
    return storage


def copied(storage: MemoryStorage) -> MemoryStorage:
    return storage.crashed()


def seqs(log: Log, after_seq: int = 0) -> list[int]:
    return [s.seq for record in log.records(after_seq) if isinstance(record, list) for s in record]


def test_a_log_goes_on_in_a_new_segment_named_by_its_first_command() -> None:
    storage = long_log()
    log = Log(storage, HEADER)
    first, second, third, *_ = storage.segments()
    assert (first, log.first_seq, log.seq, log.torn) == (1, 1, 12, None)
    assert seqs(log) == [*range(1, 13)]
    assert all(size <= SEGMENT_BYTES for _, size in log.sizes())
    assert [segment for segment, _ in log.sizes()] == storage.segments()
    assert log.size_bytes == storage.size
    assert seqs(log, second - 2) == [*range(1, 13)]
    assert seqs(log, second - 1) == seqs(log, third - 2) == [*range(second, 13)]


def test_a_batch_larger_than_a_segment_has_one_of_its_own() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=100)
    log.append([tick(1), tick(2), tick(3), tick(4)])
    log.append_hash(b"\x01")
    log.append([tick(5)])
    assert storage.segments() == [1, 5]
    assert list(Log(storage, HEADER).records()) == [
        [tick(1), tick(2), tick(3), tick(4)],
        StateHash(4, "01"),
        [tick(5)],
    ]


def test_a_flipped_bit_in_any_byte_of_a_finished_segment_refuses_and_names_the_place() -> None:
    storage = long_log()
    *finished, _ = Log(storage, HEADER).sizes()
    for segment, size in finished:
        for position in range(size):
            damaged = copied(storage)
            damaged.flip(segment, position)
            with pytest.raises(DamagedJournal, match=f"segment {segment:020} at byte") as refusal:
                Log(damaged, HEADER, after_seq=12)
            assert refusal.value.segment == segment
            assert refusal.value.position <= position
            assert segment - 1 <= refusal.value.seq <= 12


def test_the_preallocated_zeros_of_finished_segments_are_no_damage() -> None:
    padded = MemoryStorage({s: bytes(long_log().read(s)) for s in long_log().segments()}, preallocated=1000)
    log = Log(padded, HEADER)
    assert (seqs(log), log.torn) == ([*range(1, 13)], None)


def test_a_missing_end_missing_segment_or_renamed_segment_refuses() -> None:
    whole = long_log()
    segments = {segment: bytes(whole.read(segment)) for segment in whole.segments()}
    _, second, third, *_ = segments
    shortened = {**segments, second: segments[second][:-1]}
    with pytest.raises(DamagedJournal, match=f"segment {second:020} .*its end is missing"):
        Log(MemoryStorage(shortened), HEADER)
    gap = {segment: data for segment, data in segments.items() if segment != second}
    with pytest.raises(DamagedJournal, match="its end is missing"):
        Log(MemoryStorage(gap), HEADER)
    renamed = {segment + (segment == third): data for segment, data in segments.items()}
    with pytest.raises(DamagedJournal, match="its end is missing"):
        Log(MemoryStorage(renamed), HEADER)
    alone = {third + 1: segments[third]}
    with pytest.raises(DamagedJournal, match=f"it says that it begins with command {third}"):
        Log(MemoryStorage(alone), HEADER)


def test_a_tear_at_every_byte_around_a_new_segment_leaves_the_whole_frames_before_it() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
    seq = 0
    while len(storage.segments()) < 2:
        seq += 1
        log.append([tick(seq)])
        if len(storage.segments()) < 2:
            log.sync_now()
    unsynced = storage.size - storage.durable
    for preallocated in (0, 1000):
        for kept in range(unsynced + 1):
            found = storage.crashed(kept)
            torn = MemoryStorage({s: bytes(found.read(s)) for s in found.segments()}, preallocated)
            again = Log(torn, HEADER, segment_bytes=SEGMENT_BYTES)
            assert again.seq == (seq if kept == unsynced else seq - 1)
            again.append([tick(again.seq + 1)])
            assert seqs(Log(torn, HEADER)) == [*range(1, again.seq + 1)]


def test_pruning_drops_segments_wholly_behind_but_never_the_last() -> None:
    storage = long_log()
    log = Log(storage, HEADER, segment_bytes=SEGMENT_BYTES)
    names = storage.segments()
    log.prune(names[1] - 2)
    assert storage.segments() == names
    log.prune(names[2] - 1)
    assert (storage.segments(), log.first_seq) == (names[2:], names[2])
    log.prune(10**6)
    assert storage.segments() == names[-1:] == [log.first_seq]
    log.append([tick(13)])
    assert seqs(Log(storage, HEADER)) == [*range(names[-1], 14)]


def test_pruning_waits_until_the_segment_behind_is_durable() -> None:
    """Else a crash could leave no segment that says where the log stands."""
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=100)
    log.append([tick(1)])
    log.sync_now()
    log.append([tick(2)])
    assert storage.segments() == [1, 2]
    log.prune(1)
    assert storage.segments() == [1, 2]
    log.sync_now()
    log.prune(1)
    assert storage.segments() == [2]


def test_a_log_whose_only_segment_lost_its_head_refuses_unless_it_is_the_first() -> None:
    with pytest.raises(DamagedJournal, match="the segments before it are missing"):
        Log(MemoryStorage({7: b""}), HEADER)


def test_what_a_state_holds_may_be_of_other_rules() -> None:
    storage = long_log()
    new = Header(rules=4, venue_id=HEADER.venue_id)
    log = Log(storage, new, after_seq=12, segment_bytes=SEGMENT_BYTES)
    assert (log.seq, seqs(log, 12), storage.segments()[-1]) == (12, [], 13)
    log.append([tick(13)])
    again = Log(storage, new, after_seq=12)
    assert seqs(again) == [13]
    assert stored_header(storage) == new
    with pytest.raises(ForeignJournal, match="drain it with a version of rules 3"):
        Log(storage, new, after_seq=11)
    with pytest.raises(ForeignJournal, match="drain it with a version of rules 4"):
        Log(storage, HEADER, after_seq=12)


def test_other_rules_without_a_command_are_written_over() -> None:
    storage = MemoryStorage()
    Log(storage, HEADER)
    new = Header(rules=4, venue_id=HEADER.venue_id)
    log = Log(storage, new)
    log.append([tick(1)])
    assert (storage.segments(), stored_header(storage), seqs(Log(storage, new))) == ([1], new, [1])
    Log(storage, Header(rules=5, venue_id=HEADER.venue_id), after_seq=1)
    log = Log(storage, Header(rules=6, venue_id=HEADER.venue_id), after_seq=1)
    assert (storage.segments(), log.seq) == ([1, 2], 1)


def test_the_last_batch_is_known_though_it_lies_in_the_segment_before() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=200)
    log.append([tick(1), tick(2)])
    log.append_hash(b"\x00" * 32)
    log.append_voids([Stamped(3, 30, Void(2))])
    again = Log(storage, HEADER)
    assert storage.segments() == [1, 3]
    assert (again.last_batch, again.voided, again.seq) == ([tick(1), tick(2)], {2}, 3)


def test_a_storage_that_does_not_commit_proves_no_damage() -> None:
    """A power cut may take any of its writes, so a hole before whole frames is a tear."""
    storage = MemoryStorage()
    storage.commits = False
    log = Log(storage, HEADER)
    log.append([tick(1)])
    log.sync_now()
    start = storage.size
    log.append([tick(2)])
    log.sync_now()
    log.append([tick(3)])
    end = storage.size
    storage.flip(1, start)
    assert Log(storage, HEADER).torn == Torn(1, start, dropped=end - start, intact=1)


def test_a_segment_that_cannot_be_begun_ends_the_log() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=100)
    log.append([tick(1)])
    storage.fail_begins(OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="No space"):
        log.append([tick(2)])
    with pytest.raises(AssertionError, match="takes no more"):
        log.append([tick(2)])
