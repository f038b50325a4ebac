"""Whether a log and its snapshots are what was written, and whether the log leads where it says it led."""

from msgspec import Struct

from krakenbox.durable.imaging import DIGEST
from krakenbox.durable.replay import Replay
from krakenbox.journal import snapshot
from krakenbox.journal.frames import JournalError
from krakenbox.journal.reading import Reader
from krakenbox.journal.snapshot import DamagedSnapshot, Shelf
from krakenbox.journal.storage import Storage


class Snapshots(Struct, frozen=True):
    """What a shelf holds."""

    states: dict[int, str]
    """State hash of each whole snapshot, by sequence number, ascending."""
    damaged: dict[int, str]
    """What is wrong with each of the others. A start passes over them."""


class Replayed(Struct, frozen=True):
    """What a whole replay has come to."""

    after_seq: int
    """Where it began: a snapshot's command, or 0."""
    commands: int
    hashes: int
    """State hashes of the log that were compared, all equal."""
    states: int
    """Snapshots whose state was compared, all equal."""


def snapshots(shelf: Shelf) -> Snapshots:
    """Check every snapshot's checksum."""
    states: dict[int, str] = {}
    damaged: dict[int, str] = {}
    for seq in sorted(shelf.kept()):
        try:
            states[seq] = snapshot.decode(shelf.get(seq)).parts[DIGEST].decode()
        except (DamagedSnapshot, KeyError) as error:
            damaged[seq] = str(error)
    return Snapshots(states, damaged)


def foreign_rules(log: Reader, after_seq: int, upto_seq: int, rules: int) -> int | None:
    """Other rules that a command behind `after_seq` and up to `upto_seq` came under, if any did."""
    for segment, checked in log.segments.items():
        found = checked.head.header.rules
        if found != rules and checked.seq > after_seq and segment <= upto_seq:
            return found
    return None


def replay_all(storage: Storage, shelf: Shelf, log: Reader, found: Snapshots, rules: int) -> Replayed | None:
    """Replay from the earliest place from which all is of these rules; None if there is no such place.

    Raises a `JournalError` where the replay comes to another state than the log or a snapshot says.
    """
    places = [seq for seq in found.states if seq >= log.first_seq - 1]
    if log.first_seq == 1:
        places.insert(0, 0)
    start = next((seq for seq in places if foreign_rules(log, seq, log.seq, rules) is None), None)
    if start is None:
        return None
    replay = Replay(storage, shelf, start, log)
    commands = states = 0
    for outcome in replay.outcomes(log.seq):
        commands += 1
        expected = found.states.get(outcome.seq)
        if expected is not None:
            states += 1
            if expected != replay.state:
                text = f"snapshot {outcome.seq}: expected the state {replay.state}; was {expected}"
                raise JournalError(text)
    return Replayed(start, commands, replay.hashes, states)
