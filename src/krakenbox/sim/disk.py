"""What the next process of a simulated world finds on the disk, and where a flipped bit must be noticed."""

from collections.abc import Iterator

from krakenbox.journal.frames import frame_at
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.journal.storage import MemoryStorage
from krakenbox.sim.dice import Dice

SECTOR = 512
"""What a disk writes whole or not at all."""


class Shelf(MemoryShelf):
    """A shelf whose snapshots go when they are old, and may rot."""

    def drop(self, seq: int) -> None:
        """Take one away."""
        del self._images[seq]

    def flip(self, seq: int, place: int, mask: int) -> None:
        """Flip bits of one byte."""
        data = bytearray(self._images[seq])
        data[place] ^= mask
        self._images[seq] = bytes(data)


class ProcessDied(Exception):
    """The process is gone: nothing behind this point happened."""


def survivor(disk: MemoryStorage, dice: Dice, *, torn: bool) -> MemoryStorage:
    """All that was synced, and of the rest a part: a first part, or where disks tear any sectors of it."""
    rest = disk.size - disk.durable
    if torn and dice.chance(50):
        return _torn(disk, rest, dice)
    # Nothing and everything are the likeliest: they are also the most telling.
    return disk.crashed(kept=dice.choice((0, rest, dice.below(rest + 1))))


def _torn(disk: MemoryStorage, rest: int, dice: Dice) -> MemoryStorage:
    """Of each unsynced sector of the last segment either everything or zeros."""
    whole = disk.crashed(kept=rest)
    held = {name: bytearray(whole.read(name)) for name in whole.segments()}
    last = held[max(held)]
    position = max(0, len(last) - rest)
    while position < len(last):
        end = min(len(last), position // SECTOR * SECTOR + SECTOR)
        if dice.chance(50):
            last[position:end] = bytes(end - position)
        position = end
    return MemoryStorage({name: bytes(data) for name, data in held.items()})


def provable(disk: MemoryStorage) -> list[tuple[int, int]]:
    """Each segment, and how many of its first bytes cannot be damaged without a start noticing.

    Of the last segment that is what a later frame says was durable; more may never have been written.
    """
    *older, last = disk.segments()
    found = [(segment, max(end for end, _ in _frames(disk.read(segment)))) for segment in older]
    return [*found, (last, max((synced for _, synced in _frames(disk.read(last))), default=0))]


def _frames(data: memoryview) -> Iterator[tuple[int, int]]:
    """End of each frame, and what it says was durable."""
    position = 0
    while (frame := frame_at(data, position)) is not None:
        position = frame.end
        yield position, frame.synced
