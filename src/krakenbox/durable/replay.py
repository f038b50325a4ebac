"""The past once more, beside the exchange that goes on: from a snapshot, through the log, up to a command.

Nothing is written. For histories that have fallen behind, and for whoever wants to look at a moment again.
"""

from collections.abc import Iterator

from krakenbox.durable.imaging import Restored, restored
from krakenbox.feeds.hub import Hub
from krakenbox.journal import snapshot
from krakenbox.journal.frames import JournalError
from krakenbox.journal.reading import Reader
from krakenbox.journal.segments import StateHash
from krakenbox.journal.snapshot import Shelf
from krakenbox.journal.storage import Storage
from krakenbox.model.command import Stamped, Void
from krakenbox.model.event import Event, Outcome
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import Digest


class ReplayRefused(JournalError):
    """The past that is asked for cannot be shown."""


class Replay:
    """An exchange of the past. `outcomes` moves it on; between two of them it stands still."""

    def __init__(self, storage: Storage, shelf: Shelf, after_seq: int, log: Reader | None = None) -> None:
        """Stand at the newest snapshot up to `after_seq`, or at the beginning. Raises a `JournalError`.

        `log` is that of the storage, where it was checked already.
        """
        self._log = log or Reader(storage)
        found = snapshot.newest(shelf, after_seq).image
        self.image_seq = 0 if found is None else found.seq
        if self._log.first_seq > self.image_seq + 1:
            raise ReplayRefused(
                f"command {after_seq} is gone: the log begins with {self._log.first_seq}, and no snapshot of "
                f"{self._log.first_seq - 1} to {after_seq} is kept"
            )
        whole = _empty(self._log) if found is None else restored(found)
        self.exchange: Exchange = whole.exchange
        self.hub: Hub = whole.hub
        self._digest = whole.digest
        self.hashes = 0
        """State hashes compared, all equal."""
        self.seq = self.image_seq

    @property
    def state(self) -> str:
        """The hash of the exchange's state, in hex."""
        return self._digest.value().hex()

    @property
    def voided(self) -> tuple[int, ...]:
        """Commands that had crashed, and are skipped."""
        return tuple(sorted(self._log.voided))

    @property
    def last_seq(self) -> int:
        """The last command of the log."""
        return self._log.seq

    def outcomes(self, upto_seq: int) -> Iterator[Outcome]:
        """What each command did, up to one or to the end of the log. The views follow."""
        for record in self._log.records(self.seq):
            if isinstance(record, StateHash):
                self._compare(record)
                continue
            for stamped in record:
                if stamped.seq > upto_seq:
                    return
                if stamped.seq <= self.seq:
                    continue
                self.seq = stamped.seq
                if stamped.seq in self._log.voided or isinstance(stamped.command, Void):
                    continue
                events = self._apply(stamped)
                self._digest.observe(stamped, events)
                outcome = Outcome(stamped.seq, stamped.time_ns, events)
                self.hub.apply(outcome)
                yield outcome

    def _apply(self, stamped: Stamped) -> list[Event]:
        try:
            return self.exchange.apply(stamped)
        except Exception as error:
            # Its process had no time to void it: the next start does.
            raise ReplayRefused(f"command {stamped.seq} crashes: {stamped.command}") from error

    def _compare(self, record: StateHash) -> None:
        if record.seq != self.seq:
            return
        found = self.state
        if found != record.digest:
            raise ReplayRefused(f"expected the state {record.digest} after command {record.seq}; was {found}")
        self.hashes += 1


def _empty(log: Reader) -> Restored:
    first = next(iter(log.segments.values()), None)
    exchange = Exchange(0 if first is None else first.head.header.venue_id)
    return Restored(exchange, Hub(), Digest(exchange))
