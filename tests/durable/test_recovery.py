"""A start is the newest snapshot that can be used and the log behind it: as if nothing had been."""

import pytest

from builders import START_NS, VENUE_ID
from krakenbox.clock import ManualClock
from krakenbox.durable.imaging import DIGEST, SnapshotRefused, image
from krakenbox.durable.recovery import Plan, Started, recover
from krakenbox.journal import snapshot
from krakenbox.journal.log import Header, Log
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Command
from krakenbox.model.event import AccountOpened, AssetListed, InstrumentListed, Outcome
from krakenbox.sequencer import RecoveryRefused
from krakenbox.venue import state
from tape import trading

HEADER = Header(rules=1, venue_id=VENUE_ID)


class Place:
    """A storage and a shelf that several processes use one after the other."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.shelf = MemoryShelf()
        self.clock = ManualClock(START_NS)
        self.witnessed: list[int] = []

    def start(self, history_seq: int | None = None) -> Started:
        """The next process, after a crash that lost what was not synced."""
        self.storage = self.storage.crashed()
        self.witnessed = []
        plan = Plan(
            header=HEADER,
            now_ns=self.clock.now_ns,
            witnesses=(self._witness,),
            history_seq=history_seq,
            hash_every=50,
        )
        started = recover(self.storage, self.shelf, plan)
        started.sequencer.publish = lambda outcomes: [started.hub.apply(outcome) for outcome in outcomes]
        return started

    def _witness(self, outcome: Outcome) -> None:
        self.witnessed.append(outcome.seq)
        self.introduced = outcome.events

    def capture(self, started: Started) -> None:
        """Put a snapshot onto the shelf."""
        made = image(started.exchange, started.hub, (), HEADER.rules)
        self.shelf.put(made.seq, snapshot.encode(made))


def send(started: Started, commands: list[Command]) -> None:
    """Let an exchange do something."""
    for command in commands:
        started.sequencer.submit(command)
    while started.sequencer.pending():
        started.sequencer.drain()


def seen(started: Started) -> tuple[bytes, bytes]:
    """Everything an exchange is."""
    return state.state_hash(started.exchange), started.hub.capture()


COMMANDS = list(trading(300))


def test_a_new_exchange_is_the_case_without_anything() -> None:
    started = Place().start()
    assert (started.image_seq, started.sequencer.seq, started.recovery.commands) == (0, 0, 0)


def test_from_the_log_alone() -> None:
    place = Place()
    first = place.start()
    send(first, COMMANDS)
    again = place.start()
    assert seen(again) == seen(first)
    assert place.witnessed == list(range(1, len(COMMANDS) + 1))
    assert again.recovery.hashes == len(COMMANDS) // 50 - (len(COMMANDS) % 50 == 0)


def test_from_a_snapshot_and_the_log_behind_it() -> None:
    place = Place()
    first = place.start()
    send(first, COMMANDS[:120])
    place.capture(first)
    send(first, COMMANDS[120:])
    again = place.start()
    assert (again.image_seq, again.recovery.commands) == (120, len(COMMANDS) - 120)
    assert place.witnessed == list(range(121, len(COMMANDS) + 1))
    assert seen(again) == seen(first)
    more = COMMANDS[-40:]
    send(first, more)
    send(again, more)
    assert seen(again) == seen(first)


def test_no_snapshot_later_than_the_history_will_do() -> None:
    place = Place()
    first = place.start()
    for upto in (100, 200):
        send(first, COMMANDS[upto - 100 : upto])
        place.capture(first)
    assert place.start(history_seq=150).image_seq == 100
    assert place.witnessed[0] == 101
    assert place.start(history_seq=99).image_seq == 0
    assert place.start(history_seq=200).image_seq == 200


def test_a_damaged_snapshot_is_passed_over_and_told() -> None:
    place = Place()
    first = place.start()
    for upto in (100, 200):
        send(first, COMMANDS[upto - 100 : upto])
        place.capture(first)
    place.shelf.put(200, place.shelf.get(200)[:-1])
    again = place.start()
    assert (again.image_seq, again.damaged) == (100, (200,))
    assert seen(again) == seen(first)


def test_a_snapshot_of_another_state_than_it_says_is_refused() -> None:
    place = Place()
    first = place.start()
    send(first, COMMANDS[:100])
    place.capture(first)
    found = snapshot.decode(place.shelf.get(100))
    found.parts[DIGEST] = b"00" * 32
    place.shelf.put(100, snapshot.encode(found))
    with pytest.raises(SnapshotRefused, match=r"^snapshot 100: expected the state 0+; was [0-9a-f]{64}$"):
        place.start()


def test_a_snapshot_without_its_log_is_refused() -> None:
    place = Place()
    first = place.start()
    send(first, COMMANDS[:100])
    place.capture(first)
    place.storage = MemoryStorage()
    with pytest.raises(RecoveryRefused, match=r"^the state is of command 100, the log ends at 0$"):
        place.start()


def test_nothing_is_published_before_somebody_says_where_to() -> None:
    plan = Plan(header=HEADER, now_ns=ManualClock(START_NS).now_ns, hash_every=0)
    started = recover(MemoryStorage(), MemoryShelf(), plan)
    with pytest.raises(AssertionError, match="set `publish` before"):
        send(started, COMMANDS[:1])


def test_where_the_log_is_gone_a_history_is_told_who_there_is() -> None:
    place = Place()
    first = place.start()
    send(first, COMMANDS[:200])
    place.capture(first)
    whole = Log(place.storage.crashed(), HEADER)
    place.storage = MemoryStorage()
    smaller = Log(place.storage, HEADER, segment_bytes=2_000)
    for record in whole.records():
        if isinstance(record, list):
            smaller.append(record)
    smaller.sync_now()
    smaller.prune(150)
    smaller.sync_now()
    again = place.start(history_seq=0)
    assert (again.image_seq, place.witnessed) == (200, [200])
    assert {type(event) for event in place.introduced} == {AssetListed, InstrumentListed, AccountOpened}
    # One that has seen as much is told nothing twice.
    assert (place.start(history_seq=200).image_seq, place.witnessed) == (200, [])
