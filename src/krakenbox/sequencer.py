"""The single writer: stamp, journal, apply, publish. Recovery is the same step over the recorded stamps.

    submit -> inbox -> drain: stamp -> append to the log, begin its sync -> apply -> hold
                                                                 |
                                             sync returned ------+--> publish

Nothing is published before the sync that covers it has returned. While one is under way the next batches are
appended, applied and held, and one more sync then covers them all. Plain calls only: who waits for disks and
sockets calls `drain` and `tick`, and a storage answers when it is done.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Protocol

from msgspec import Struct

from krakenbox.journal.log import JournalError, Log, StateHash, Torn
from krakenbox.model.command import Command, Stamped, Tick, Void
from krakenbox.model.event import Event, Outcome

BATCH_LIMIT = 256
"""Commands per append: where a group commit no longer gains from more (measured: 0.2 ms a commit)."""
HELD_LIMIT = 8_192
"""Applied commands that may wait for a sync, then `drain` waits too: a disk stalled for most of a second."""
INBOX_LIMIT = 100_000
"""Commands that may wait to be applied, more are refused as unavailable: five openings of a deep market."""
AHEAD_LIMIT_NS = 60 * 1_000_000_000
"""How far the last stamp may lie ahead of the clock at a start: a minute."""


class Machine(Protocol):
    """What the sequencer writes to: `venue.exchange.Exchange`."""

    def apply(self, stamped: Stamped) -> list[Event]:
        """Fire what is due, then do the command."""
        ...

    def next_deadline(self) -> int | None:
        """When the next timer falls due, in ns."""
        ...


class Digest(Protocol):
    """The hash of the machine's state, kept up as it changes: `venue.hashing.Digest`."""

    def observe(self, stamped: Stamped, events: list[Event]) -> None:
        """Take in what a command did."""
        ...

    def value(self) -> bytes:
        """The hash of the state as it is."""
        ...


class Hashing(Struct, frozen=True):
    """Write the state's hash into the log after every command whose number is a multiple of `every`."""

    digest: Digest
    every: int = 10_000


class SequencerCrash(Exception):
    """A command crashed `apply`: the state is half changed, the process must end. The next start skips it."""

    def __init__(self, stamped: Stamped, fate: str) -> None:
        super().__init__(f"command {stamped.seq} crashed and is {fate}: {stamped.command}")
        self.stamped = stamped


class RecoveryRefused(JournalError):
    """The log is whole, but to go on from it would be wrong."""


class Recovery(Struct, frozen=True):
    """What a start found in the log."""

    commands: int
    """Commands applied."""
    voided: tuple[int, ...]
    """Commands skipped, for they had crashed or stood behind one that had."""
    hashes: int
    """State hashes compared, all equal."""
    torn: Torn | None


class Sequencer:
    """Gives every command its place and its time, and lets nobody see what may still be lost."""

    def __init__(
        self,
        exchange: Machine,
        log: Log,
        now_ns: Callable[[], int],
        publish: Callable[[list[Outcome]], None],
        batch_limit: int = BATCH_LIMIT,
        hashing: Hashing | None = None,
    ) -> None:
        self._exchange = exchange
        self._log = log
        self._now_ns = now_ns
        self.publish = publish
        """Told of outcomes in order, once they are durable. May be replaced between batches."""
        self._batch_limit = batch_limit
        self._hashing = hashing
        self._inbox: deque[tuple[Command, object]] = deque()
        self._held: list[Outcome] = []
        """Outcomes whose sync has not returned, in order."""
        self._syncing = False
        self._time_ns = 0
        self.seq = 0
        """Last command stamped."""
        self.durable_seq = 0
        """Last command that a sync has covered."""
        self.failure: Exception | None = None
        """The write, sync or `apply` that failed."""
        self.on_unavailable: Callable[[Command, object], None] = _unanswered
        """Told of each command that is not taken in, with its origin: to be answered EService:Unavailable."""
        self.on_failure: Callable[[Exception], None] = _unheard
        """Told once of the write or sync that failed, when it did. A crash of `apply` is raised instead."""

    @property
    def failed(self) -> bool:
        """Whether a write, a sync or `apply` failed: nothing is published any more, nothing accepted."""
        return self.failure is not None

    def held(self) -> Sequence[Outcome]:
        """Outcomes applied but not yet published, in order."""
        return self._held

    def submit(self, command: Command, origin: object = None) -> None:
        """Put a command into the inbox; `origin` comes back with its outcome."""
        if self.failed or len(self._inbox) >= INBOX_LIMIT:
            self.on_unavailable(command, origin)
        else:
            self._inbox.append((command, origin))

    def tick(self) -> None:
        """Submit a `Tick` if a timer is due and no command comes along to fire it."""
        due = self._exchange.next_deadline()
        if due is not None and not self._inbox and due <= self._now_ns():
            self.submit(Tick())

    def pending(self) -> bool:
        """Whether `drain` has something to do now."""
        return bool(self._inbox) and len(self._held) < HELD_LIMIT and not self.failed

    def drain(self) -> None:
        """Apply one batch. Raises `SequencerCrash`."""
        if not self.pending():
            return
        batch, origins = self._stamp()
        try:
            self._append(batch)
        except OSError as error:
            self._fail(error)
            return
        # The disk works while the batch is applied.
        self._sync()
        outcomes = self._step(batch, origins)
        if not self.failed:
            self._held += outcomes
            self._release()

    def recover(self, after_seq: int = 0, accept_future: bool = False) -> Recovery:
        """Apply and publish what the log holds behind `after_seq`, the command the exchange was restored at.

        Call it once, before anything is submitted. Raises `RecoveryRefused`, and `SequencerCrash` for a crash
        that the last process had no time to void.
        """
        log = self._log
        assert self.seq == 0, "recover before the first command"
        self._check_start(after_seq, accept_future)
        commands = hashes = 0
        latest: Stamped | None = None
        for record in log.records(after_seq):
            if isinstance(record, StateHash):
                hashes += self._compare(record, after_seq, latest)
            else:
                commands += self._replay(record, after_seq)
                latest = record[-1]
        self.seq = self.durable_seq = log.seq
        self._time_ns = log.time_ns
        return Recovery(commands, tuple(sorted(log.voided)), hashes, log.torn)

    def _stamp(self) -> tuple[list[Stamped], list[object]]:
        """Take one batch out of the inbox. It ends where a state hash is due."""
        room = self._batch_limit
        if self._hashing is not None:
            room = min(room, self._hashing.every - self.seq % self._hashing.every)
        batch: list[Stamped] = []
        origins: list[object] = []
        time_ns = max(self._time_ns + 1, self._now_ns())
        for seq in range(self.seq + 1, self.seq + 1 + min(room, len(self._inbox))):
            command, origin = self._inbox.popleft()
            batch.append(Stamped(seq, time_ns, command))
            origins.append(origin)
            time_ns += 1
        self.seq, self._time_ns = batch[-1].seq, batch[-1].time_ns
        return batch, origins

    def _step(self, batch: list[Stamped], origins: Iterable[object]) -> list[Outcome]:
        """Apply a batch: live and in recovery."""
        apply = self._exchange.apply
        observe = None if self._hashing is None else self._hashing.digest.observe
        outcomes = []
        for stamped, origin in zip(batch, origins, strict=False):
            try:
                events = apply(stamped)
            except Exception as error:
                self.failure = error
                raise self._crash(stamped) from error
            if observe is not None:
                observe(stamped, events)
            outcomes.append(Outcome(stamped.seq, stamped.time_ns, events, origin))
        return outcomes

    def _crash(self, stamped: Stamped) -> Exception:
        """Void the crashed command and what its batch holds behind it: none was applied, none answered."""
        log = self._log
        if stamped.seq < log.last_batch[0].seq:
            return RecoveryRefused(
                f"command {stamped.seq} crashes, but did not when the {log.seq - stamped.seq} behind it were "
                f"accepted: {stamped.command}"
            )
        lost = [other.seq for other in log.last_batch if other.seq >= stamped.seq]
        voids = [
            Stamped(log.seq + place, log.time_ns + place, Void(seq))
            for place, seq in enumerate(lost, start=1)
        ]
        try:
            log.append_voids(voids)
            log.sync_now()
        except OSError as error:
            return SequencerCrash(stamped, f"not voided, for the log failed too ({error})")
        return SequencerCrash(stamped, "voided")

    def _append(self, batch: list[Stamped]) -> None:
        """Write a batch, before it the hash of the state it meets where that is due."""
        log = self._log
        if self._hashing is not None and log.seq and log.seq % self._hashing.every == 0:
            log.append_hash(self._hashing.digest.value())
        log.append(batch)

    def _sync(self) -> None:
        """Begin a sync of all that was appended, unless one is under way: the next begins when it returns."""
        if self._syncing:
            return
        self._syncing = True
        seq = self.seq
        self._log.sync(lambda error: self._synced(seq, error))

    def _synced(self, seq: int, error: OSError | None) -> None:
        self._syncing = False
        if error is not None:
            # Not tried again: after a failed fsync the kernel may have dropped the pages it could not write.
            self._fail(error)
            return
        self.durable_seq = seq
        self._release()
        if seq < self.seq and not self.failed:
            self._sync()

    def _release(self) -> None:
        """Publish what is durable."""
        held = self._held
        if not held or self.failed or held[0].seq > self.durable_seq:
            return
        count = len(held) if held[-1].seq <= self.durable_seq else self.durable_seq - held[0].seq + 1
        self._held = held[count:]
        self.publish(held[:count])

    def _fail(self, error: OSError) -> None:
        """Stop. What is held may be lost or may come back at the next start: nobody is told either."""
        if self.failed:
            return
        self.failure = error
        self._held = []
        while self._inbox:
            self.on_unavailable(*self._inbox.popleft())
        self.on_failure(error)

    def _replay(self, batch: list[Stamped], after_seq: int) -> int:
        voided = self._log.voided
        todo = [s for s in batch if s.seq > after_seq and s.seq not in voided and type(s.command) is not Void]
        outcomes = self._step(todo, repeat(None))
        self.seq = batch[-1].seq
        if outcomes:
            self.publish(outcomes)
        return len(outcomes)

    def _check_start(self, after_seq: int, accept_future: bool) -> None:
        ahead_ns = self._log.time_ns - self._now_ns()
        if ahead_ns > AHEAD_LIMIT_NS and not accept_future:
            raise RecoveryRefused(
                f"the last stamp may be {AHEAD_LIMIT_NS} ns ahead of the clock; was {ahead_ns}, not accepted"
            )
        if after_seq < self._log.first_seq - 1:
            raise RecoveryRefused(
                f"the log begins with command {self._log.first_seq}, the state before it is gone; expected "
                f"one of command {self._log.first_seq - 1} or later, was {after_seq}"
            )
        if after_seq > self._log.seq:
            raise RecoveryRefused(f"the state is of command {after_seq}, the log ends at {self._log.seq}")

    def _compare(self, record: StateHash, after_seq: int, latest: Stamped | None) -> int:
        if self._hashing is None or record.seq <= after_seq:
            return 0
        assert record.seq == self.seq, f"hash of {record.seq} stands after {self.seq}"
        digest = self._hashing.digest.value().hex()
        if digest != record.digest:
            raise RecoveryRefused(f"expected the state {record.digest} after {latest}; was {digest}")
        return 1


def _unanswered(command: Command, origin: object) -> None:
    """Nobody waits for an answer."""


def _unheard(error: Exception) -> None:
    """Whoever asks finds it in `failure`."""
