"""The ten best levels of a book as checksum fragments, and their checksum (channels `book` and `level3`).

A change behind the ten costs one comparison, one among them a join and at most two CRCs.
"""

from collections.abc import Callable

from krakenbox.feeds.ladder import Ladder, Step
from krakenbox.protocol.checksum import LEVELS, asks_first, bids_after


class Top:
    """Fragments of one side's ten best levels, best first."""

    __slots__ = ("_fragment_of", "_ladder", "fragments")

    def __init__(self, ladder: Ladder, fragment_of: Callable[[int], bytes]) -> None:
        """`fragment_of` makes the fragment of a level by its key."""
        self._ladder = ladder
        self._fragment_of = fragment_of
        self.fragments: list[bytes] = []

    def fill(self) -> None:
        """Make all fragments afresh."""
        self.fragments = [self._fragment_of(key) for key in self._ladder.keys[:LEVELS]]

    def follow(self) -> bool:
        """Carry the ladder's last change in; whether it was among the ten."""
        ladder, fragments = self._ladder, self.fragments
        rank, step = ladder.rank, ladder.step
        if rank >= LEVELS:
            return False
        if step is Step.CHANGED:
            fragments[rank] = self._fragment_of(ladder.key)
        elif step is Step.INSERTED:
            fragments.insert(rank, self._fragment_of(ladder.key))
            del fragments[LEVELS:]
        else:
            del fragments[rank]
            if len(ladder.keys) >= LEVELS:
                fragments.append(self._fragment_of(ladder.keys[LEVELS - 1]))
        return True


class TopChecksum:
    """The checksum of both sides, kept until one of the ten best levels changes."""

    __slots__ = ("_asks", "_asks_first", "_bids", "_checksum")

    def __init__(self, bids: Top, asks: Top) -> None:
        self._bids = bids
        self._asks = asks
        self._checksum: int | None = None
        self._asks_first: int | None = None

    def follow(self, top: Top) -> None:
        """The ladder of one side has changed."""
        if top.follow():
            self._checksum = None
            if top is self._asks:
                self._asks_first = None

    def refill(self) -> None:
        """Begin anew: while nobody watches, changes do not reach the fragments."""
        self._bids.fill()
        self._asks.fill()
        self._checksum = self._asks_first = None

    def value(self) -> int:
        """CRC32 of the ten best asks, then the ten best bids; 0 of an empty book."""
        if self._checksum is None:
            if self._asks_first is None:
                self._asks_first = asks_first(self._asks.fragments)
            self._checksum = bids_after(self._asks_first, self._bids.fragments)
        return self._checksum
