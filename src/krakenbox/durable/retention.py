"""What of journal and snapshots may go once they are too large together.

A replay starts at a snapshot, or at the first command, and needs the whole log behind it. So the oldest place
to start from moves forward, snapshot by snapshot, and takes with it what only older ones needed. It never
moves past the snapshot that the next start will use: the newest that the history has caught up with.
"""

from msgspec import Struct


class Stock(Struct, frozen=True):
    """What there is. Both ascend."""

    images: tuple[tuple[int, int], ...]
    """Sequence number and bytes of each snapshot."""
    segments: tuple[tuple[int, int], ...]
    """First sequence number and bytes of each segment of the log."""


class Surplus(Struct, frozen=True):
    """What may go."""

    images: tuple[int, ...] = ()
    """Snapshots."""
    log_upto: int = 0
    """Segments whose commands all lie at or before this; 0 = none."""


def surplus(stock: Stock, retain: int, history_seq: int) -> Surplus:
    """The least that brings both together under `retain` bytes, or all that may go."""
    images: tuple[int, ...] = ()
    start = 0
    for seq, _ in stock.images:
        if _size(stock, start) <= retain or seq > history_seq:
            break
        images = tuple(older for older, _ in stock.images if older < seq)
        start = seq
    return Surplus(images, start)


def _size(stock: Stock, start: int) -> int:
    """Bytes left once nothing before `start` is needed."""
    ends = [first - 1 for first, _ in stock.segments[1:]]
    log = stock.segments[-1][1] if stock.segments else 0
    log += sum(size for (_, size), end in zip(stock.segments, ends, strict=False) if end > start)
    return log + sum(size for seq, size in stock.images if seq >= start)
