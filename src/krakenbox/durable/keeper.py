"""Keeps a running exchange quick to start and its journal small: snapshots on a schedule, on demand and at
the end, and what they make needless goes."""

import logging
from collections.abc import Callable

from krakenbox.durable.imaging import Ended, Imager, image
from krakenbox.durable.recovery import Started
from krakenbox.durable.retention import Stock, surplus
from krakenbox.journal import snapshot
from krakenbox.journal.files import FileShelf

logger = logging.getLogger(__name__)

IMAGE_EVERY = 100_000
"""Commands between snapshots: what a start after a crash replays at most, in about five seconds."""


class Keeper:
    """Makes the snapshots of one exchange and drops what is no longer needed."""

    def __init__(
        self, started: Started, shelf: FileShelf, retain: int, history_seq: Callable[[], int]
    ) -> None:
        """`retain` bytes of journal and snapshots stay, 0 for all; nothing behind `history_seq` goes."""
        self._started = started
        self._shelf = shelf
        self._retain = retain
        self._history_seq = history_seq
        self._rules = started.log.header.rules
        sequencer = started.sequencer
        self._imager = Imager(started.exchange, started.hub, sequencer, shelf, self._rules)
        self._tried_seq = started.image_seq
        """Where the last snapshot was begun, whatever came of it."""
        self.image_seq = started.image_seq
        """The newest snapshot."""

    def settle_by(self, settle: Callable[[], None]) -> None:
        """Have the child call this before a snapshot counts: the journal is not on the disk by itself."""
        self._imager.settle = settle

    def step(self) -> None:
        """Look whether a snapshot is due or done; every now and then."""
        self._note(self._imager.poll())
        if self._started.sequencer.seq - self._tried_seq >= IMAGE_EVERY:
            self.capture()

    def capture(self) -> None:
        """Begin a snapshot, unless one is under way."""
        if not self._imager.running:
            self._tried_seq = self._started.sequencer.seq
            self._note(self._imager.begin())

    def close(self, *, last: bool = True) -> None:
        """Make the `last` snapshot, so that the next start has nothing to replay. Nobody looks any more."""
        self._imager.close()
        started = self._started
        sequencer = started.sequencer
        if not last or sequencer.failed or sequencer.seq == self.image_seq:
            return
        started.log.sync_now()
        found = image(started.exchange, started.hub, sequencer.held(), self._rules)
        self._shelf.put(found.seq, snapshot.encode(found))
        self._note(Ended(found.seq))

    def _note(self, ended: Ended | None) -> None:
        if ended is None:
            return
        if ended.failure:
            logger.warning("snapshot %d was not made: %s", ended.seq, ended.failure)
            return
        self.image_seq = ended.seq
        if self._retain:
            self._prune()

    def _prune(self) -> None:
        shelf, log = self._shelf, self._started.log
        images = tuple((seq, shelf.size(seq)) for seq in sorted(shelf.kept()))
        found = surplus(Stock(images, log.sizes()), self._retain, self._history_seq())
        for seq in found.images:
            shelf.drop(seq)
        if found.log_upto:
            log.prune(found.log_upto)
