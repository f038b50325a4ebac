"""A start replays the log at the recorded stamps: whole batches, compared states, nothing that crashed."""

import msgspec
import pytest

from builders import START_NS, VENUE_ID, buy, opening, place
from krakenbox.journal.log import Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import OpenAccount, Stamped, Tier
from krakenbox.model.event import Event
from krakenbox.model.order import AccountId
from krakenbox.sequencer import AHEAD_LIMIT_NS, Hashing, Recovery, RecoveryRefused, SequencerCrash
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import decode, encode, state_hash
from tape import HEADER, OFF, ON, POISON, Desk, Tape, WholeState, taped, trading

# --- state hashes


def test_a_state_hash_follows_every_so_many_commands() -> None:
    tape = Tape()
    desk = Desk(tape, batch_limit=3, hashing=Hashing(tape, every=4))
    desk.send(*[ON] * 9)
    kinds = [
        len(record) if isinstance(record, list) else f"hash {record.seq}" for record in desk.log.records()
    ]
    assert kinds == [3, 1, "hash 4", 3, 1, "hash 8", 1]

    again = Tape()
    recovery = Desk(again, desk.storage, hashing=Hashing(again, every=4)).sequencer.recover()
    assert recovery == Recovery(commands=9, voided=(), hashes=2, torn=None)


def test_a_state_that_differs_stops_the_recovery_with_the_command() -> None:
    tape = Tape()
    desk = Desk(tape, hashing=Hashing(tape, every=2))
    desk.send(ON, OFF, ON)
    other = Tape()
    hashing = Hashing(Tape(), every=2)
    with pytest.raises(RecoveryRefused, match=r"Stamped\(seq=2.*SetLimits\(enforced=False\)"):
        Desk(other, desk.storage, hashing=hashing).sequencer.recover()
    assert other.seqs == [1, 2]


def test_the_hash_is_shown_every_event_live_and_in_recovery() -> None:
    tape = Tape()
    desk = Desk(tape, hashing=Hashing(tape, every=2))
    desk.send(ON, OFF, ON)
    assert tape.observed == 3
    again = Tape()
    Desk(again, desk.storage, hashing=Hashing(again, every=2)).sequencer.recover()
    assert again.observed == 3


# --- recovery


def test_recovery_applies_the_recorded_stamps_and_goes_on_after_them() -> None:
    desk = Desk(tape := Tape())
    desk.send(ON, OFF)
    again = Desk(copy := Tape(), desk.storage)
    assert again.sequencer.recover() == Recovery(commands=2, voided=(), hashes=0, torn=None)
    assert copy.applied == tape.applied
    assert [msgspec.structs.replace(o, origin=None) for o in desk.published] == again.published
    assert (again.sequencer.seq, again.sequencer.durable_seq) == (2, 2)
    again.send(ON)
    assert (copy.seqs, copy.applied[-1].time_ns) == ([1, 2, 3], START_NS + 2)


def test_a_log_that_holds_commands_takes_no_more_before_it_is_recovered() -> None:
    desk = Desk(Tape())
    desk.send(ON)
    unrecovered = Desk(Tape(), desk.storage)
    with pytest.raises(AssertionError, match="command 1 after 1"):
        unrecovered.send(ON)
    with pytest.raises(AssertionError, match="before the first command"):
        desk.sequencer.recover()


def test_every_cut_of_the_log_recovers_to_the_state_of_its_whole_batches() -> None:
    tape = Tape()
    desk = Desk(tape, batch_limit=3, hashing=Hashing(tape, every=5))
    ends = {desk.storage.size: 0}
    for _ in range(12):
        for _ in range(2):
            desk.sequencer.submit(ON)
        desk.sequencer.drain()
        ends[desk.storage.size] = desk.sequencer.seq
    data = bytes(desk.storage.read(1))
    for size in range(min(ends), len(data) + 1):
        copy = Tape()
        cut = Desk(copy, MemoryStorage(data[:size]), hashing=Hashing(copy, every=5))
        recovery = cut.sequencer.recover()
        whole = max(seq for end, seq in ends.items() if end <= size)
        assert copy.applied == tape.applied[:whole]
        assert recovery.commands == cut.sequencer.seq == whole
        cut.send(OFF)
        assert cut.seqs == [*range(1, whole + 2)]


def test_every_cut_between_two_batches_recovers_the_exchange_as_it_was_there() -> None:
    exchange = Exchange(VENUE_ID)
    desk = Desk(exchange)
    desk.send(*opening())
    states = {desk.storage.size: state_hash(exchange)}
    for command in trading(150):
        desk.send(command)
        states[desk.storage.size] = state_hash(exchange)
    data = bytes(desk.storage.read(1))
    for size, state in list(states.items())[::5]:
        copy = Exchange(VENUE_ID)
        Desk(copy, MemoryStorage(data[:size])).sequencer.recover()
        assert state_hash(copy) == state


def test_recovery_goes_on_from_a_state_in_the_middle() -> None:
    exchange = Exchange(VENUE_ID)
    desk = Desk(exchange, hashing=Hashing(WholeState(exchange), every=50))
    commands = list(trading(200))
    desk.send(*commands[:120])
    image = encode(exchange)
    desk.send(*commands[120:])

    copy = decode(image)
    again = Desk(copy, desk.storage, hashing=Hashing(WholeState(copy), every=50))
    recovery = again.sequencer.recover(after_seq=120)
    assert recovery.commands == len(commands) - 120
    assert recovery.hashes > 0
    assert again.seqs == [*range(121, len(commands) + 1)]
    assert state_hash(copy) == state_hash(exchange)


def test_a_state_newer_than_the_log_refuses() -> None:
    desk = Desk(Tape())
    desk.send(ON)
    with pytest.raises(RecoveryRefused, match="of command 5, the log ends at 1"):
        Desk(Tape(), desk.storage).sequencer.recover(after_seq=5)


def test_a_state_older_than_what_is_left_of_the_log_refuses() -> None:
    desk = Desk(Tape(), segment_bytes=300)
    for _ in range(9):
        desk.send(ON)
    desk.log.prune(desk.storage.segments()[1] - 1)
    first = desk.storage.segments()[0]
    with pytest.raises(RecoveryRefused, match=f"begins with command {first}, .* was {first - 2}"):
        Desk(Tape(), desk.storage).sequencer.recover(after_seq=first - 2)
    again = Desk(copy := Tape(), desk.storage)
    again.sequencer.recover(after_seq=first - 1)
    assert copy.seqs == [*range(first, 10)]


def test_recovery_reads_across_segments_and_goes_on_in_the_last() -> None:
    desk = Desk(tape := Tape(), segment_bytes=300, batch_limit=1)
    desk.send(*[ON, OFF] * 8)
    assert len(desk.storage.segments()) > 4
    again = Desk(copy := Tape(), desk.storage, segment_bytes=300)
    assert again.sequencer.recover(after_seq=5).commands == 11
    assert copy.applied == tape.applied[5:]
    again.send(ON)
    assert again.seqs == [*range(6, 18)]


def test_a_torn_end_is_cut_and_reported() -> None:
    desk, _ = taped()
    desk.send(ON)
    desk.storage.finish_sync()
    end = desk.storage.size
    desk.send(OFF)
    again = Desk(copy := Tape(), desk.storage.crashed(kept=7))
    recovery = again.sequencer.recover()
    assert recovery.torn is not None
    assert (recovery.torn.position, recovery.torn.dropped, copy.seqs) == (end, 7, [1])


@pytest.mark.parametrize(("ahead_ns", "refused"), [(AHEAD_LIMIT_NS, False), (AHEAD_LIMIT_NS + 1, True)])
def test_a_last_stamp_over_a_minute_ahead_of_the_clock_refuses_unless_accepted(
    ahead_ns: int, refused: bool
) -> None:
    desk = Desk(Tape())
    desk.clock.advance(ahead_ns)
    desk.send(ON)
    again = Desk(copy := Tape(), desk.storage)
    if refused:
        with pytest.raises(RecoveryRefused, match=f"ahead of the clock; was {ahead_ns}"):
            again.sequencer.recover()
        assert copy.applied == []
        again.sequencer.recover(accept_future=True)
    else:
        again.sequencer.recover()
    again.send(OFF)
    assert [s.time_ns - START_NS for s in copy.applied] == [ahead_ns, ahead_ns + 1]


# --- what crashed


def test_a_crash_that_was_not_voided_is_voided_by_the_next_start() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER)
    log.append([Stamped(1, 10, ON)])
    log.append([Stamped(2, 20, OFF), Stamped(3, 30, POISON), Stamped(4, 40, ON)])
    with pytest.raises(SequencerCrash, match="command 3 crashed and is voided"):
        Desk(Tape(), storage).sequencer.recover()
    again = Desk(copy := Tape(), storage)
    assert again.sequencer.recover().voided == (3, 4)
    assert copy.seqs == [1, 2]


def test_a_command_that_crashes_though_others_were_accepted_after_it_refuses_the_start() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER)
    log.append([Stamped(1, 10, POISON)])
    log.append([Stamped(2, 20, ON)])
    size = storage.size
    with pytest.raises(RecoveryRefused, match="command 1 crashes, but did not when the 1 behind it"):
        Desk(Tape(), storage).sequencer.recover()
    assert storage.size == size


def test_a_crash_of_the_real_exchange_leaves_the_state_before_it() -> None:
    class Fragile(Exchange):
        """An exchange with a bug: opening one account fails after half of its work."""

        def apply(self, stamped: Stamped) -> list[Event]:
            events = super().apply(stamped)
            assert stamped.command != OpenAccount(AccountId("zoe"), Tier.PRO)
            return events

    exchange = Fragile(VENUE_ID)
    desk = Desk(exchange)
    desk.send(*opening(), place(buy, 1, at=100))
    before = state_hash(exchange)
    with pytest.raises(SequencerCrash):
        desk.send(OpenAccount(AccountId("zoe"), Tier.PRO), place(buy, 2, at=100))
    assert state_hash(exchange) != before
    copy = Fragile(VENUE_ID)
    Desk(copy, desk.storage).sequencer.recover()
    assert state_hash(copy) == before
