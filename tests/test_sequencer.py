"""One writer: stamps, durable before published, batches that leave no trace, and starts that replay the log.

Most tests write to a `Tape`, which only remembers what was applied; the real exchange joins where its state
is what counts.
"""

import random
from collections.abc import Iterator
from hashlib import sha256

import msgspec
import pytest

from builders import SECOND_NS, START_NS, VENUE_ID, buy, cancel_all, opening, place, sell
from krakenbox.clock import ManualClock
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import CancelAll, Command, OpenAccount, SetLimits, Stamped, Tick, Tier
from krakenbox.model.event import Event, LimitsSet, Outcome
from krakenbox.model.order import AccountId
from krakenbox.sequencer import (
    AHEAD_LIMIT_NS,
    HELD_LIMIT,
    INBOX_LIMIT,
    Hashing,
    Machine,
    Recovery,
    RecoveryRefused,
    Sequencer,
    SequencerCrash,
)
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import capture, restore, state_hash

HEADER = Header(rules=1, venue_id=VENUE_ID)
ON, OFF = SetLimits(True), SetLimits(False)
POISON = CancelAll(AccountId("poison"))
BROKEN = OSError(5, "Input/output error")
FULL = OSError(28, "No space left on device")


class Tape:
    """A machine whose state is the list of commands it was given; `POISON` crashes it."""

    def __init__(self) -> None:
        self.applied: list[Stamped] = []
        self.deadline: int | None = None

    def apply(self, stamped: Stamped) -> list[Event]:
        if stamped.command == POISON:
            raise ZeroDivisionError("poison")
        self.applied.append(stamped)
        return [LimitsSet(stamped.time_ns, stamped.command == ON)]

    def next_deadline(self) -> int | None:
        return self.deadline

    def digest(self) -> bytes:
        return sha256(msgspec.json.encode(self.applied)).digest()

    @property
    def seqs(self) -> list[int]:
        return [stamped.seq for stamped in self.applied]


class Desk:
    """A sequencer and everything around it; what it publishes and refuses is kept."""

    def __init__(
        self,
        machine: Machine,
        storage: MemoryStorage | None = None,
        batch_limit: int = 256,
        hashing: Hashing | None = None,
    ) -> None:
        self.clock = ManualClock(START_NS)
        self.storage = storage or MemoryStorage()
        self.log = Log(self.storage, HEADER)
        self.published: list[Outcome] = []
        self.refused: list[tuple[Command, object]] = []
        self.sequencer = Sequencer(
            machine, self.log, self.clock.now_ns, self.published.extend, batch_limit, hashing
        )
        self.sequencer.on_unavailable = lambda command, origin: self.refused.append((command, origin))

    def send(self, *commands: Command) -> None:
        """Submit commands, each its own origin, and drain the inbox."""
        for command in commands:
            self.sequencer.submit(command, command)
        while self.sequencer.pending():
            self.sequencer.drain()

    @property
    def seqs(self) -> list[int]:
        """Sequence numbers published."""
        return [outcome.seq for outcome in self.published]


def taped(**options: object) -> tuple[Desk, Tape]:
    """A desk that writes to a tape; the answers of its syncs are left to the test."""
    tape = Tape()
    desk = Desk(tape, **options)  # type: ignore[arg-type]
    desk.storage.defer_syncs = True
    return desk, tape


# --- stamps


def test_submitting_alone_does_nothing() -> None:
    desk, tape = taped()
    size = desk.storage.size
    desk.sequencer.submit(ON)
    assert desk.sequencer.pending()
    assert (tape.applied, desk.published, desk.storage.size, desk.sequencer.seq) == ([], [], size, 0)


def test_every_command_gets_its_own_stamp_at_or_after_the_clock() -> None:
    desk, tape = taped()
    desk.send(ON, OFF, ON)
    desk.clock.advance(10)
    desk.send(OFF)
    desk.clock.step_to(START_NS - SECOND_NS)
    desk.send(ON)
    assert [s.time_ns - START_NS for s in tape.applied] == [0, 1, 2, 10, 11]
    assert tape.seqs == [1, 2, 3, 4, 5]
    assert list(desk.log.records()) == [tape.applied[:3], tape.applied[3:4], tape.applied[4:]]


def test_an_outcome_carries_the_events_and_the_origin_of_its_command() -> None:
    desk = Desk(Tape())
    desk.sequencer.submit(ON, "first")
    desk.sequencer.submit(OFF)
    desk.sequencer.drain()
    assert desk.published == [
        Outcome(1, START_NS, [LimitsSet(START_NS, True)], "first"),
        Outcome(2, START_NS + 1, [LimitsSet(START_NS + 1, False)], None),
    ]
    assert not desk.sequencer.pending()


def test_a_tick_is_submitted_only_for_a_due_timer_that_nothing_else_will_fire() -> None:
    desk, tape = taped()
    desk.sequencer.tick()
    tape.deadline = START_NS + 5
    desk.sequencer.tick()
    assert not desk.sequencer.pending()
    desk.clock.advance(5)
    desk.sequencer.tick()
    desk.sequencer.tick()
    desk.send()
    assert [s.command for s in tape.applied] == [Tick()]
    desk.sequencer.submit(ON)
    desk.sequencer.tick()
    desk.send()
    assert [s.command for s in tape.applied] == [Tick(), ON]


# --- durable before published


def test_nothing_is_published_before_the_sync_that_covers_it() -> None:
    desk, tape = taped()
    desk.send(ON, OFF)
    assert (tape.seqs, desk.seqs, desk.sequencer.durable_seq) == ([1, 2], [], 0)
    desk.storage.finish_sync()
    assert (desk.seqs, desk.sequencer.durable_seq) == ([1, 2], 2)
    assert desk.storage.unfinished_syncs == 0


def test_batches_are_applied_while_a_sync_is_under_way_and_the_next_covers_them_all() -> None:
    desk, tape = taped()
    desk.send(ON)
    desk.send(OFF)
    desk.send(ON, OFF)
    assert (tape.seqs, desk.seqs, desk.storage.unfinished_syncs) == ([1, 2, 3, 4], [], 1)
    desk.storage.finish_sync()
    assert (desk.seqs, desk.storage.unfinished_syncs) == ([1], 1)
    desk.send(ON)
    desk.storage.finish_sync()
    assert (desk.seqs, desk.storage.unfinished_syncs) == ([1, 2, 3, 4], 1)
    desk.storage.finish_sync()
    assert (desk.seqs, desk.storage.unfinished_syncs) == ([1, 2, 3, 4, 5], 0)


def test_what_was_published_survives_a_crash_at_any_moment() -> None:
    desk, _ = taped(batch_limit=2)
    choice = random.Random(1)
    for _ in range(300):
        action = choice.randrange(3)
        if action == 0:
            desk.sequencer.submit(ON)
        elif action == 1:
            desk.sequencer.drain()
        elif desk.storage.unfinished_syncs:
            desk.storage.finish_sync()
        survivor = Tape()
        Desk(survivor, desk.storage.crashed()).sequencer.recover()
        assert survivor.seqs[: len(desk.seqs)] == desk.seqs
    assert len(desk.seqs) > 50


def test_a_stalled_disk_stops_the_applying_at_a_bound() -> None:
    desk, tape = taped()
    desk.send(*[ON] * (HELD_LIMIT + 300))
    assert HELD_LIMIT <= len(tape.applied) < HELD_LIMIT + 256
    assert not desk.sequencer.pending()
    desk.sequencer.drain()
    assert len(tape.applied) < HELD_LIMIT + 256
    # The first sync covers the first batch alone, the next all that has been held since.
    for _ in range(2):
        desk.storage.finish_sync()
        assert desk.sequencer.pending()
        desk.send()
    assert len(tape.applied) == HELD_LIMIT + 300


def test_a_full_inbox_refuses() -> None:
    desk, tape = taped()
    for _ in range(INBOX_LIMIT):
        desk.sequencer.submit(ON)
    desk.sequencer.submit(OFF, "late")
    assert desk.refused == [(OFF, "late")]
    assert not desk.sequencer.failed
    desk.sequencer.drain()
    desk.sequencer.submit(OFF)
    assert (len(desk.refused), len(tape.applied)) == (1, 256)


# --- batches leave no trace


def trading(count: int, seed: int = 1) -> Iterator[Command]:
    """An opening and some orders that rest, trade, are refused or canceled."""
    yield from opening()
    choice = random.Random(seed)
    for _ in range(count):
        by = choice.choice(["alice", "bob", "carol"])
        if choice.random() < 0.05:
            yield cancel_all(by)
        else:
            side, price = choice.choice([buy, sell]), 100 + choice.randrange(-5, 6)
            yield place(side, choice.randrange(1, 9), at=price, by=by, post_only=choice.random() < 0.3)


def run(batch_limit: int) -> tuple[bytes, bytes, Desk]:
    """All output, the state at the end, and the desk, of the same commands in batches of a size."""
    exchange = Exchange(VENUE_ID)
    desk = Desk(exchange, batch_limit=batch_limit)
    desk.send(*trading(300))
    return msgspec.json.encode(desk.published), state_hash(exchange), desk


def test_output_and_state_do_not_depend_on_the_batch_size() -> None:
    output, state, desk = run(1)
    assert len(desk.published) > 300
    for batch_limit in (2, 7, 256):
        assert run(batch_limit)[:2] == (output, state)


# --- state hashes


def test_a_state_hash_follows_every_so_many_commands() -> None:
    tape = Tape()
    desk = Desk(tape, batch_limit=3, hashing=Hashing(tape.digest, every=4))
    desk.send(*[ON] * 9)
    kinds = [
        len(record) if isinstance(record, list) else f"hash {record.seq}" for record in desk.log.records()
    ]
    assert kinds == [3, 1, "hash 4", 3, 1, "hash 8", 1]

    again = Tape()
    recovery = Desk(again, desk.storage, hashing=Hashing(again.digest, every=4)).sequencer.recover()
    assert recovery == Recovery(commands=9, voided=(), hashes=2, torn=None)


def test_a_state_that_differs_stops_the_recovery_with_the_command() -> None:
    tape = Tape()
    desk = Desk(tape, hashing=Hashing(tape.digest, every=2))
    desk.send(ON, OFF, ON)
    other = Tape()
    hashing = Hashing(lambda: b"another state", every=2)
    with pytest.raises(RecoveryRefused, match=r"Stamped\(seq=2.*SetLimits\(enforced=False\)"):
        Desk(other, desk.storage, hashing=hashing).sequencer.recover()
    assert other.seqs == [1, 2]


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
    desk = Desk(tape, batch_limit=3, hashing=Hashing(tape.digest, every=5))
    ends = {desk.storage.size: 0}
    for _ in range(12):
        for _ in range(2):
            desk.sequencer.submit(ON)
        desk.sequencer.drain()
        ends[desk.storage.size] = desk.sequencer.seq
    data = bytes(desk.storage.read())
    for size in range(min(ends), len(data) + 1):
        copy = Tape()
        cut = Desk(copy, MemoryStorage(data[:size]), hashing=Hashing(copy.digest, every=5))
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
    data = bytes(desk.storage.read())
    for size, state in list(states.items())[::5]:
        copy = Exchange(VENUE_ID)
        Desk(copy, MemoryStorage(data[:size])).sequencer.recover()
        assert state_hash(copy) == state


def test_recovery_goes_on_from_a_state_in_the_middle() -> None:
    exchange = Exchange(VENUE_ID)
    desk = Desk(exchange, hashing=Hashing(lambda: state_hash(exchange), every=50))
    commands = list(trading(200))
    desk.send(*commands[:120])
    image = capture(exchange)
    desk.send(*commands[120:])

    copy = restore(image)
    again = Desk(copy, desk.storage, hashing=Hashing(lambda: state_hash(copy), every=50))
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


# --- a crash inside apply


def test_a_crash_voids_the_command_and_those_behind_it_and_publishes_nothing_of_its_batch() -> None:
    desk = Desk(tape := Tape())
    desk.send(ON)
    with pytest.raises(SequencerCrash, match="command 3 crashed and is voided") as crash:
        desk.send(OFF, POISON, ON, POISON)
    assert isinstance(crash.value.__cause__, ZeroDivisionError)
    assert (tape.seqs, desk.seqs) == ([1, 2], [1])
    assert desk.storage.durable == desk.storage.size

    desk.send(ON)
    assert desk.refused == [(ON, ON)]
    assert desk.seqs == [1]

    again = Desk(copy := Tape(), desk.storage.crashed())
    assert again.sequencer.recover() == Recovery(commands=2, voided=(3, 4, 5), hashes=0, torn=None)
    assert copy.applied == tape.applied
    again.send(ON)
    assert again.seqs == [1, 2, 9]


def test_a_crash_with_a_sync_under_way_publishes_nothing_when_that_returns() -> None:
    desk, _ = taped()
    desk.send(ON)
    with pytest.raises(SequencerCrash):
        desk.send(POISON)
    desk.storage.finish_sync()
    assert (desk.seqs, desk.storage.unfinished_syncs) == ([], 0)


def test_a_crash_that_cannot_be_voided_says_so() -> None:
    desk, _ = taped()
    desk.storage.fail_syncs(BROKEN)
    with pytest.raises(SequencerCrash, match=r"not voided, for the log failed too .*Input/output"):
        desk.send(POISON)


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


# --- a disk that fails


def test_after_a_failed_sync_nothing_held_is_ever_published() -> None:
    desk, tape = taped()
    desk.send(ON)
    desk.storage.finish_sync()
    desk.send(OFF, ON)
    desk.sequencer.submit(OFF, "waiting")
    desk.storage.fail_syncs(BROKEN)
    desk.storage.finish_sync()
    assert (desk.sequencer.failed, desk.sequencer.failure) == (True, BROKEN)
    assert desk.refused == [(OFF, "waiting")]

    desk.sequencer.submit(ON, "later")
    assert desk.refused[1:] == [(ON, "later")]
    desk.send()
    desk.sequencer.tick()
    assert (desk.seqs, tape.seqs, desk.sequencer.durable_seq) == ([1], [1, 2, 3], 1)
    assert (desk.storage.unfinished_syncs, desk.sequencer.pending()) == (0, False)


def test_a_failed_write_applies_nothing_of_its_batch_and_publishes_nothing_of_those_before() -> None:
    desk, tape = taped(batch_limit=2)
    desk.send(ON)
    desk.storage.fail_appends(FULL, written=20)
    desk.send(OFF, OFF, ON)
    assert (desk.sequencer.failure, tape.seqs) == (FULL, [1])
    # Those of the failed write may come back with the next start: only the third can be refused for certain.
    assert desk.refused == [(ON, ON)]
    desk.storage.finish_sync()
    assert desk.seqs == []

    again = Desk(copy := Tape(), desk.storage.crashed(kept=20))
    assert again.sequencer.recover().torn is not None
    assert copy.seqs == [1]
