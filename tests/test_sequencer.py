"""One writer: stamps, durable before published, batches that leave no trace, disks and commands that fail.

Most tests write to a `Tape`, which only remembers what was applied; the real exchange joins where its state
is what counts.
"""

import random

import msgspec
import pytest

from builders import SECOND_NS, START_NS, VENUE_ID
from krakenbox.model.command import Tick
from krakenbox.model.event import LimitsSet, Outcome
from krakenbox.sequencer import HELD_LIMIT, INBOX_LIMIT, Recovery, SequencerCrash
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import state_hash
from tape import BROKEN, FULL, OFF, ON, POISON, Desk, Tape, taped, trading

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


def test_what_is_held_can_be_read_and_what_is_published_next_may_go_elsewhere() -> None:
    desk, _ = taped()
    desk.send(ON, OFF)
    assert [outcome.seq for outcome in desk.sequencer.held()] == [1, 2]
    elsewhere: list[Outcome] = []
    desk.sequencer.publish = elsewhere.extend
    desk.storage.finish_sync()
    assert [outcome.seq for outcome in elsewhere] == [1, 2]
    assert (desk.seqs, list(desk.sequencer.held())) == ([], [])


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


@pytest.mark.parametrize("seed", range(5))
def test_output_does_not_depend_on_when_commands_come_and_syncs_return(seed: int) -> None:
    desk = Desk(Exchange(VENUE_ID), batch_limit=16)
    desk.storage.defer_syncs = True
    choice = random.Random(seed)
    waiting = list(trading(300))[::-1]
    while waiting or desk.sequencer.pending() or desk.storage.unfinished_syncs:
        action = choice.randrange(3)
        if action == 0:
            for _ in range(min(len(waiting), choice.randrange(8))):
                command = waiting.pop()
                desk.sequencer.submit(command, command)
        elif action == 1:
            desk.sequencer.drain()
        elif desk.storage.unfinished_syncs:
            desk.storage.finish_sync()
    assert msgspec.json.encode(desk.published) == run(1)[0]


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


def test_whoever_asked_is_told_of_a_failure_once_when_it_happens() -> None:
    desk, _ = taped()
    heard: list[Exception] = []
    desk.sequencer.on_failure = heard.append
    desk.send(ON)
    desk.send(OFF)
    desk.storage.fail_appends(FULL)
    assert heard == []
    desk.send(ON)
    assert heard == [FULL]
    desk.storage.fail_syncs(BROKEN)
    desk.storage.finish_sync()
    assert (heard, desk.sequencer.failure, list(desk.sequencer.held())) == ([FULL], FULL, [])


def test_a_sync_that_fails_at_once_leaves_nothing_held() -> None:
    desk = Desk(Tape())
    desk.storage.fail_syncs(BROKEN)
    desk.send(ON)
    assert (desk.sequencer.failure, list(desk.sequencer.held()), desk.seqs) == (BROKEN, [], [])


def test_a_segment_that_cannot_be_begun_fails_like_a_write() -> None:
    desk = Desk(Tape(), segment_bytes=300)
    desk.storage.fail_begins(FULL)
    for _ in range(5):
        desk.send(ON)
    assert desk.sequencer.failure == FULL
    assert desk.seqs == [*range(1, len(desk.seqs) + 1)]
    assert len(desk.seqs) < 4
    again = Desk(copy := Tape(), desk.storage.crashed())
    again.sequencer.recover()
    assert copy.seqs == desk.seqs


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
