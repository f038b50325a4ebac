"""Frames come back as they were written; a torn end is cut and reported; damage before it refuses."""

import pytest

from krakenbox.journal.log import DamagedJournal, ForeignJournal, Header, Log, StateHash, Torn, stored_header
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import CancelAll, Deposit, Stamped, Tick, Void
from krakenbox.model.fixed import Amount
from krakenbox.model.order import AccountId

HEADER = Header(rules=3, venue_id=2**64 - 1)
ALICE = AccountId("alice")


def tick(seq: int) -> Stamped:
    return Stamped(seq, seq * 10, Tick())


def written(*batches: list[Stamped], storage: MemoryStorage | None = None) -> MemoryStorage:
    """A storage with these batches, each synced."""
    storage = storage or MemoryStorage()
    log = Log(storage, HEADER)
    for batch in batches:
        log.append(batch)
        log.sync_now()
    return storage


def frame_ends(storage: MemoryStorage, *batches: list[Stamped]) -> list[int]:
    """Size after the header and after each batch."""
    log = Log(storage, HEADER)
    ends = [storage.size]
    for batch in batches:
        log.append(batch)
        log.sync_now()
        ends.append(storage.size)
    return ends


def test_a_new_log_holds_its_durable_header_and_nothing_else() -> None:
    storage = MemoryStorage()
    assert stored_header(storage) is None
    log = Log(storage, HEADER)
    assert (log.seq, log.time_ns, log.torn, log.voided, list(log.records())) == (0, 0, None, set(), [])
    assert stored_header(storage) == HEADER
    assert storage.durable == storage.size


def test_batches_hashes_and_voids_read_back_in_order() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER)
    first = [tick(1), Stamped(2, 21, CancelAll(ALICE))]
    log.append(first)
    log.append_hash(b"\x01\xff")
    log.append([tick(3), tick(4)])
    log.append_voids([Stamped(5, 50, Void(3)), Stamped(6, 60, Void(4))])

    again = Log(storage, HEADER)
    assert list(again.records()) == [
        first,
        StateHash(2, "01ff"),
        [tick(3), tick(4)],
        [Stamped(5, 50, Void(3)), Stamped(6, 60, Void(4))],
    ]
    assert (again.seq, again.time_ns, again.torn) == (6, 60, None)
    assert again.voided == log.voided == {3, 4}
    assert again.last_batch == log.last_batch == [tick(3), tick(4)]


def test_appending_continues_a_log_that_was_opened_again() -> None:
    one_go = written([tick(1)], [tick(2)])
    storage = written([tick(1)])
    Log(storage, HEADER).append([tick(2)])
    assert bytes(storage.read(1)) == bytes(one_go.read(1))


def test_a_batch_is_one_write_and_syncing_is_left_to_the_caller() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER)
    header_end, syncs = storage.size, storage.syncs
    log.append([tick(1), tick(2), tick(3)])
    assert (storage.durable, storage.syncs) == (header_end, syncs)
    answers: list[OSError | None] = []
    log.sync(answers.append)
    assert (answers, storage.durable, storage.syncs) == ([None], storage.size, syncs + 1)


def test_money_beyond_64_bits_survives() -> None:
    deposit = Stamped(1, 10, Deposit(ALICE, "DOGE", Amount(10**30 - 1)))
    assert list(Log(written([deposit]), HEADER).records()) == [[deposit]]


def test_the_zeros_of_a_preallocated_file_are_no_end_that_was_torn() -> None:
    storage = written([tick(1)], storage=MemoryStorage(preallocated=4096))
    log = Log(storage, HEADER)
    assert (log.torn, list(log.records())) == (None, [[tick(1)]])
    log.append([tick(2)])
    assert list(Log(storage, HEADER).records()) == [[tick(1)], [tick(2)]]


@pytest.mark.parametrize("preallocated", [0, 4096])
def test_a_tear_at_every_byte_leaves_the_whole_frames_before_it(preallocated: int) -> None:
    storage = MemoryStorage()
    batches = [[tick(1)], [tick(2), tick(3)], [tick(4)]]
    ends = frame_ends(storage, *batches)
    data = bytes(storage.read(1))
    for size in range(len(data) + 1):
        torn = MemoryStorage(data[:size], preallocated)
        log = Log(torn, HEADER)
        whole = [end for end in ends if end <= size]
        assert list(log.records()) == batches[: max(len(whole) - 1, 0)]
        start = whole[-1] if whole else 0
        if data[start:size].strip(b"\0"):
            assert log.torn is not None
            assert (log.torn.position, log.torn.intact) == (start, 0)
        else:
            assert log.torn is None
        # What was cut never comes back, and the log goes on where it ends now.
        log.append([tick(log.seq + 1)])
        assert Log(torn, HEADER).torn is None


def test_the_report_of_a_torn_end_says_where_and_how_much() -> None:
    storage = written([tick(1)])
    end = storage.size
    storage.append(b"\x07" * 5)
    log = Log(storage, HEADER)
    assert log.torn == Torn(segment=1, position=end, dropped=5, intact=0)
    assert storage.size == end


def test_a_flipped_bit_in_any_byte_before_the_last_frame_refuses_with_its_frame() -> None:
    storage = MemoryStorage()
    ends = frame_ends(storage, [tick(1)], [tick(2), tick(3)], [tick(4)])
    data = bytes(storage.read(1))
    starts = [0, *ends]
    for position in range(ends[-2]):
        damaged = bytearray(data)
        damaged[position] ^= 0x04
        with pytest.raises(DamagedJournal) as refusal:
            Log(MemoryStorage(bytes(damaged)), HEADER)
        assert refusal.value.position == max(start for start in starts if start <= position)


def test_frames_of_one_sync_may_reach_the_disk_out_of_order() -> None:
    """A hole in what was never synced is a tear, even with whole frames behind it."""
    storage = written([tick(1)])
    log = Log(storage, HEADER)
    start = storage.size
    log.append([tick(2)])
    hole_end = storage.size
    log.append([tick(3)])
    data = bytearray(storage.read(1))
    data[start:hole_end] = bytes(hole_end - start)
    log = Log(MemoryStorage(bytes(data)), HEADER)
    assert log.torn is not None
    assert (log.torn.position, log.torn.intact) == (start, 1)
    assert list(log.records()) == [[tick(1)]]


def test_a_frame_missing_from_the_middle_breaks_the_chain() -> None:
    storage = MemoryStorage()
    ends = frame_ends(storage, [tick(1)], [tick(2)], [tick(3)])
    data = bytes(storage.read(1))
    with pytest.raises(DamagedJournal, match="does not continue") as refusal:
        Log(MemoryStorage(data[: ends[1]] + data[ends[2] :]), HEADER)
    assert refusal.value.position == ends[1]


def test_the_end_of_another_log_breaks_the_chain() -> None:
    ours, other = MemoryStorage(), MemoryStorage()
    ends = frame_ends(ours, [tick(1)], [tick(2)])
    Log(other, HEADER)
    other_log = Log(other, HEADER)
    other_log.append([Stamped(1, 11, Tick())])
    other_log.append([tick(2)])
    with pytest.raises(DamagedJournal, match="does not continue"):
        Log(MemoryStorage(bytes(ours.read(1))[: ends[1]] + bytes(other.read(1))[ends[1] :]), HEADER)


def test_a_file_that_is_no_journal_is_refused_and_left_alone() -> None:
    storage = MemoryStorage(b"-----BEGIN CERTIFICATE-----")
    with pytest.raises(DamagedJournal, match="not a journal"):
        Log(storage, HEADER)
    assert bytes(storage.read(1)) == b"-----BEGIN CERTIFICATE-----"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (Header(rules=4, venue_id=2**64 - 1), "drain it with a version of rules 3"),
        (Header(rules=3, venue_id=1), "venue_id=18446744073709551615"),
        (Header(rules=3, venue_id=2**64 - 1, format=2), "format=1"),
    ],
)
def test_a_log_of_another_header_is_refused_with_both(header: Header, text: str) -> None:
    storage = written([tick(1)])
    before = bytes(storage.read(1))
    with pytest.raises(ForeignJournal, match=text) as refusal:
        Log(storage, header)
    assert repr(header) in str(refusal.value)
    assert bytes(storage.read(1)) == before


def test_a_gap_or_a_repeated_stamp_is_a_bug_of_ours_and_never_written() -> None:
    storage = written([tick(1)])
    size = storage.size
    with pytest.raises(AssertionError, match="command 3 after 1"):
        Log(storage, HEADER).append([tick(3)])
    assert storage.size == size
    log = Log(MemoryStorage(), HEADER)
    with pytest.raises(AssertionError, match="stamp 10 after 10"):
        log.append([Stamped(1, 10, Tick()), Stamped(2, 10, Tick())])


def test_a_log_whose_write_failed_takes_no_more() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER)
    storage.fail_appends(OSError(28, "No space left on device"), written=9)
    with pytest.raises(OSError, match="No space"):
        log.append([tick(1)])
    with pytest.raises(AssertionError, match="takes no more"):
        log.append([tick(2)])
