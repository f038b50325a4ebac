"""A log and its snapshots are what was written, and lead where they say they led."""

import pytest

from durable.test_recovery import COMMANDS, HEADER
from durable.test_replay import ran
from krakenbox.durable.imaging import DIGEST
from krakenbox.durable.replay import ReplayRefused
from krakenbox.durable.verification import Replayed, foreign_rules, replay_all, snapshots
from krakenbox.journal import snapshot
from krakenbox.journal.frames import JournalError
from krakenbox.journal.log import Header, Log
from krakenbox.journal.reading import Reader
from krakenbox.journal.storage import MemoryStorage
from krakenbox.venue.state import state_hash

HASHES = (len(COMMANDS) - 1) // 50


def test_all_is_replayed_from_the_beginning() -> None:
    place, started = ran(100, 200)
    found = snapshots(place.shelf)
    assert (list(found.states), found.damaged) == ([100, 200], {})
    replayed = replay_all(place.storage, place.shelf, Reader(place.storage), found, 1)
    assert replayed == Replayed(0, len(COMMANDS), HASHES, 2)
    assert started.sequencer.seq == len(COMMANDS)


def test_a_damaged_snapshot_is_told_and_not_compared() -> None:
    place, _ = ran(100, 200)
    place.shelf.put(200, place.shelf.get(200)[:-1])
    found = snapshots(place.shelf)
    assert list(found.states) == [100]
    assert list(found.damaged) == [200]
    assert found.damaged[200].endswith("bytes whose checksum does not hold")
    replayed = replay_all(place.storage, place.shelf, Reader(place.storage), found, 1)
    assert replayed is not None
    assert replayed.states == 1


def test_a_snapshot_of_another_state_is_found() -> None:
    place, _ = ran(100)
    image = snapshot.decode(place.shelf.get(100))
    image.parts[DIGEST] = b"00" * 32
    place.shelf.put(100, snapshot.encode(image))
    with pytest.raises(JournalError, match=r"^snapshot 100: expected the state [0-9a-f]{64}; was 0+$"):
        replay_all(place.storage, place.shelf, Reader(place.storage), snapshots(place.shelf), 1)


def rewritten(rules: int = 1, from_seq: int = 0, digest: bytes = b"") -> MemoryStorage:
    """The log of `ran`, from a command on by a version of other rules, at its end another hash."""
    place, _ = ran()
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=2_000)
    for record in Reader(place.storage).records():
        if isinstance(record, list):
            if from_seq and record[0].seq > from_seq and log.header.rules != rules:
                log.sync_now()
                log = Log(storage, Header(rules=rules, venue_id=HEADER.venue_id), log.seq, 2_000)
            log.append(record)
    if digest:
        log.append_hash(digest)
    log.sync_now()
    return storage


def test_a_log_that_leads_elsewhere_names_the_command() -> None:
    place, _ = ran()
    storage = rewritten(digest=b"\1" * 32)
    with pytest.raises(ReplayRefused, match=rf"^expected the state (01)+ after command {len(COMMANDS)}; was"):
        replay_all(storage, place.shelf, Reader(storage), snapshots(place.shelf), 1)


def test_commands_of_other_rules_are_not_replayed() -> None:
    place, started = ran()
    storage = rewritten(rules=2, from_seq=200)
    log = Reader(storage)
    first = next(seq for seq, checked in log.segments.items() if checked.head.header.rules == 2)
    assert 200 < first < len(COMMANDS)
    assert foreign_rules(log, 0, first - 1, 1) is None
    assert foreign_rules(log, 0, first, 1) == 2
    assert foreign_rules(log, first - 1, log.seq, 2) is None
    none = snapshots(place.shelf)
    assert replay_all(storage, place.shelf, log, none, 1) is None
    assert replay_all(storage, place.shelf, log, none, 2) is None
    # Behind a snapshot only the newer rules are needed.
    upgraded, _ = ran(first - 1)
    replayed = replay_all(storage, upgraded.shelf, log, snapshots(upgraded.shelf), 2)
    assert replayed == Replayed(first - 1, len(COMMANDS) - first + 1, 0, 0)
    assert state_hash(started.exchange)
