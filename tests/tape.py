"""A sequencer with everything around it, and the machine most of its tests write to."""

import random
from collections.abc import Iterator
from hashlib import sha256

import msgspec

from builders import START_NS, VENUE_ID, buy, cancel_all, opening, place, sell
from krakenbox.clock import ManualClock
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import SEGMENT_BYTES, MemoryStorage
from krakenbox.model.command import CancelAll, Command, SetLimits, Stamped
from krakenbox.model.event import Event, LimitsSet, Outcome
from krakenbox.model.order import AccountId
from krakenbox.sequencer import Hashing, Machine, Sequencer
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import state_hash

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
        self.observed = 0
        """Events it was shown to keep its hash."""

    def apply(self, stamped: Stamped) -> list[Event]:
        if stamped.command == POISON:
            raise ZeroDivisionError("poison")
        self.applied.append(stamped)
        return [LimitsSet(stamped.time_ns, stamped.command == ON)]

    def next_deadline(self) -> int | None:
        return self.deadline

    def observe(self, stamped: Stamped, events: list[Event]) -> None:
        self.observed += len(events)

    def value(self) -> bytes:
        return sha256(msgspec.json.encode(self.applied)).digest()

    @property
    def seqs(self) -> list[int]:
        return [stamped.seq for stamped in self.applied]


class WholeState:
    """The hash of an exchange, taken anew each time."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def observe(self, stamped: Stamped, events: list[Event]) -> None:
        """There is nothing to keep up."""

    def value(self) -> bytes:
        return state_hash(self._exchange)


class Desk:
    """A sequencer and everything around it; what it publishes and refuses is kept."""

    def __init__(
        self,
        machine: Machine,
        storage: MemoryStorage | None = None,
        batch_limit: int = 256,
        hashing: Hashing | None = None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.clock = ManualClock(START_NS)
        self.storage = storage or MemoryStorage()
        self.log = Log(self.storage, HEADER, segment_bytes=segment_bytes)
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
