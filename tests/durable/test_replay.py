"""The past once more: from the newest snapshot before it, up to any command that is kept."""

import pytest

from durable.test_recovery import COMMANDS, HEADER, Place, seen, send
from krakenbox.durable.recovery import Started
from krakenbox.durable.replay import Replay, ReplayRefused
from krakenbox.journal.log import Log
from krakenbox.journal.reading import Reader
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Stamped
from krakenbox.model.event import Event
from krakenbox.venue.state import state_hash


def ran(*upto: int) -> tuple[Place, Started]:
    """An exchange that did everything, with snapshots after some commands."""
    place = Place()
    started = place.start()
    done = 0
    for seq in (*upto, len(COMMANDS)):
        send(started, COMMANDS[done:seq])
        done = seq
        if seq in upto:
            place.capture(started)
    return place, started


def test_the_whole_past_leads_to_the_present() -> None:
    place, started = ran()
    replay = Replay(place.storage, place.shelf, 0)
    assert [outcome.seq for outcome in replay.outcomes(10_000)] == list(range(1, len(COMMANDS) + 1))
    assert (state_hash(replay.exchange), replay.hub.capture()) == seen(started)
    assert replay.hashes == (len(COMMANDS) - 1) // 50
    assert (replay.seq, replay.last_seq, replay.voided) == (len(COMMANDS), len(COMMANDS), ())


def test_it_stands_still_at_any_command() -> None:
    place, _ = ran()
    first = Place()
    other = first.start()
    send(other, COMMANDS[:77])
    replay = Replay(place.storage, place.shelf, 0)
    assert sum(1 for _ in replay.outcomes(77)) == 77
    assert (state_hash(replay.exchange), replay.hub.capture()) == seen(other)
    assert [outcome.seq for outcome in replay.outcomes(80)] == [78, 79, 80]


def test_it_begins_at_the_newest_snapshot_before() -> None:
    place, started = ran(100, 200)
    replay = Replay(place.storage, place.shelf, 150)
    assert (replay.image_seq, replay.seq) == (100, 100)
    assert next(iter(replay.outcomes(10_000))).seq == 101
    for _ in replay.outcomes(10_000):
        pass
    assert (state_hash(replay.exchange), replay.hub.capture()) == seen(started)


def test_what_is_gone_is_refused() -> None:
    place, _ = ran(200)
    log = place.start().log
    assert log.header == HEADER
    smaller = Place()
    smaller.shelf = place.shelf
    with pytest.raises(ReplayRefused, match="is gone: the log begins with"):
        Replay(_without_beginning(place), smaller.shelf, 150)


class Broken:
    """An exchange with a bug."""

    def apply(self, stamped: Stamped) -> list[Event]:
        raise ZeroDivisionError


def test_a_command_that_crashes_is_named() -> None:
    place, _ = ran()
    replay = Replay(place.storage, place.shelf, 0)
    replay.exchange = Broken()  # type: ignore[assignment]
    with pytest.raises(ReplayRefused, match=r"^command 1 crashes: AddAsset"):
        next(iter(replay.outcomes(1)))


def test_its_state_is_that_of_the_exchange() -> None:
    place, started = ran()
    replay = Replay(place.storage, place.shelf, 0, Reader(place.storage))
    for _ in replay.outcomes(replay.last_seq):
        pass
    assert replay.state == state_hash(started.exchange).hex()


def _without_beginning(place: Place) -> MemoryStorage:
    """Its log without the first segment."""
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=2_000)
    for record in place.start().log.records():
        if isinstance(record, list):
            log.append(record)
    log.sync_now()
    log.prune(180)
    assert log.first_seq > 1
    return storage
