"""A thousand commands on a disk that may end the process at any write, and what clients were told meanwhile.

tale = Tale()                      batches, times, late syncs, snapshots: the same in every run
tale.live(disk, shelf, told)       to the end, or until the disk raises `Crashed`
told                               outcomes that left: what clients were answered and may rely on
"""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from random import Random

from msgspec import Struct

from builders import START_NS, VENUE_ID, Pit, opening
from krakenbox.clock import ManualClock
from krakenbox.durable.imaging import image
from krakenbox.durable.recovery import Plan, Started, recover
from krakenbox.journal import snapshot
from krakenbox.journal.log import Header
from krakenbox.journal.snapshot import MemoryShelf, Shelf
from krakenbox.journal.storage import MemoryStorage, Storage
from krakenbox.model.command import Command, Stamped
from krakenbox.model.event import Event, OrderFilled, Outcome
from krakenbox.venue.state import state_hash
from streams import run, steps

HEADER = Header(rules=1, venue_id=VENUE_ID)
COMMANDS = 1_000
HASH_EVERY = 50
SNAPSHOT_EVERY = 20
"""Batches: a start after a crash is then quick, and met in every distance from a snapshot."""
SEGMENT_BYTES = 12_000


class Batch(Struct, frozen=True):
    """Commands that come in together."""

    commands: tuple[Command, ...]
    time_ns: int
    first_seq: int
    syncs: int
    """Syncs that are answered after it, at most: the rest stays under way."""


class Recorded(Pit):
    """A pit that keeps what was sent to it; not audited, for speed."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Stamped] = []

    def send(self, command: Command, at_ns: int = 0) -> list[Event]:
        """Stamp, keep and apply one command."""
        self.seq += 1
        self.time_ns = at_ns or self.time_ns + 1_000_000
        self.sent.append(Stamped(self.seq, self.time_ns, command))
        return self.exchange.apply(self.sent[-1])


class Seen(Struct, frozen=True):
    """Everything an exchange is after a command."""

    state: bytes
    views: bytes


class Life:
    """One life of the process."""

    def __init__(
        self, storage: Storage, shelf: Shelf, told: list[Outcome], clock: ManualClock | None = None
    ) -> None:
        self.replayed: list[Outcome] = []
        """What the start found behind its snapshot."""
        self.told = told
        """What left, in order: clients were answered and may rely on it."""
        plan = Plan(
            header=HEADER,
            now_ns=(clock or ManualClock(START_NS)).now_ns,
            witnesses=(self.replayed.append,),
            accept_future=True,
            hash_every=HASH_EVERY,
            segment_bytes=SEGMENT_BYTES,
        )
        self.started: Started = recover(storage, shelf, plan)
        self.started.sequencer.publish = self._publish

    def _publish(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.started.hub.apply(outcome)
            self.told.append(outcome)

    def send(self, commands: Iterable[Command]) -> None:
        """Let it do something, batch by batch."""
        sequencer = self.started.sequencer
        for command in commands:
            sequencer.submit(command)
        while sequencer.pending():
            sequencer.drain()

    def capture(self, shelf: Shelf) -> None:
        """Put a snapshot onto the shelf; nothing may be held back."""
        assert not self.started.sequencer.held()
        made = image(self.started.exchange, self.started.hub, (), HEADER.rules)
        shelf.put(made.seq, snapshot.encode(made))

    @property
    def seq(self) -> int:
        """The last command it knows."""
        return self.started.sequencer.seq

    def seen(self) -> Seen:
        """What it is now; nothing may be held back."""
        started = self.started
        assert not started.sequencer.held()
        return Seen(state_hash(started.exchange), sha256(started.hub.capture()).digest())


class Tale:
    """The run, and what every moment of it is when nothing crashes."""

    def __init__(self, seed: int = 4, count: int = COMMANDS) -> None:
        dice, pit = Random(seed), Recorded()
        pit.send_all(*opening())
        run(pit, steps(seed, count))
        self.batches: list[Batch] = []
        sent = pit.sent
        while sent:
            first = sent[0]
            # A batch is one write: it ends where a state hash is due.
            size = min(dice.randrange(1, 9), HASH_EVERY - (first.seq - 1) % HASH_EVERY)
            commands = tuple(stamped.command for stamped in sent[:size])
            self.batches.append(Batch(commands, first.time_ns, first.seq, dice.choice((0, 1, 1, 2, 3))))
            sent = sent[size:]
        self.moments: dict[int, Seen] = {}
        """By sequence number, at the end of each batch."""
        self.disk = MemoryStorage()
        """What an undisturbed run leaves."""
        self.shelf = MemoryShelf()
        self.outcomes: list[Outcome] = []
        """What it tells."""
        self.live(self.disk, self.shelf, self.outcomes, look=True)

    def live(self, disk: MemoryStorage, shelf: Shelf, told: list[Outcome], *, look: bool = False) -> Life:
        """Start on a disk and go through what is left of the run.

        What leaves is added to `told`, as is what clients that come back find done without having been told.
        """
        clock = ManualClock(START_NS)
        life = Life(disk, shelf, told, clock)
        told += [outcome for outcome in life.replayed if outcome.seq > len(told)]
        disk.defer_syncs = not look
        for number, batch in enumerate(self.batches, 1):
            if batch.first_seq <= life.seq:
                continue
            clock.step_to(batch.time_ns)
            life.send(batch.commands)
            for _ in range(min(batch.syncs, disk.unfinished_syncs)):
                disk.finish_sync()
            if number % SNAPSHOT_EVERY == 0:
                finish(disk)
                life.capture(shelf)
            if look:
                self.moments[life.seq] = life.seen()
        finish(disk)
        return life


@cache
def undisturbed() -> Tale:
    """The run that tests share; they change copies of what it left."""
    return Tale()


def finish(disk: MemoryStorage) -> None:
    """Answer every sync."""
    while disk.unfinished_syncs:
        disk.finish_sync()


def executions(outcomes: Iterable[Outcome]) -> list[str]:
    """Ids of the fills that outcomes tell of, two for each match."""
    return [f"{e.exec_id} {e.order_id}" for o in outcomes for e in o.events if isinstance(e, OrderFilled)]
