"""The process may die at any write and leave any part of what was not synced: nobody was told anything that
the next start does not know, and nothing happens twice.
"""

from collections.abc import Callable
from random import Random

from crash.runs import Life, Tale, executions, undisturbed
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.journal.storage import Crashed, MemoryStorage
from krakenbox.model.event import Outcome


class Filmed(MemoryStorage):
    """Shows each write before it is done: then one run stands for one that crashes at each."""

    def __init__(self, show: Callable[[bytes], None]) -> None:
        super().__init__()
        self._show = show

    def begin(self, segment: int) -> None:
        """A write of a name."""
        self._show(b"")
        super().begin(segment)

    def append(self, data: bytes) -> None:
        """A write of bytes."""
        self._show(data)
        super().append(data)


def check(tale: Tale, told: int, left: MemoryStorage, shelf: MemoryShelf) -> Life:
    """Start on what is left: the first `told` outcomes are there, and no half of any command."""
    life = Life(left, shelf, [])
    assert told <= life.seq, f"{told - life.seq} acknowledgements are lost"
    assert life.replayed == tale.outcomes[life.started.image_seq : life.seq]
    if life.seq:
        assert life.seen() == tale.moments[life.seq]
    return life


def test_a_crash_at_every_write_loses_and_repeats_nothing(soak: bool) -> None:
    tale, dice, shelf = undisturbed(), Random(1), MemoryShelf()
    told: list[Outcome] = []
    starts = unheard = 0

    def show(data: bytes) -> None:
        nonlocal starts, unheard
        rest = disk.size - disk.durable
        left = [disk.crashed(dice.choice((0, rest, dice.randrange(rest + 1)))) for _ in range(times)]
        left.append(disk.crashed(rest))
        if data:
            left[-1].append(data[: dice.randrange(1, len(data) + 1)])
        for each in left:
            unheard += check(tale, len(told), each, shelf).seq > len(told)
            starts += 1

    times = 20 if soak else 1
    disk = Filmed(show)
    tale.live(disk, shelf, told)
    assert told == tale.outcomes
    assert disk.writes > 300
    assert 0.2 < unheard / starts < 0.8, "what nobody was told of may be there or not"
    print(f"{len(told)} commands, {disk.writes} writes: {starts} starts, no acknowledgement lost")


def test_after_a_crash_the_run_goes_on_as_if_nothing_had_been(soak: bool) -> None:
    tale = undisturbed()
    crashes = 0
    for write in range(1, tale.disk.writes + 1, 1 if soak else 20):
        dice, shelf, disk = Random(write), MemoryShelf(), MemoryStorage()
        told: list[Outcome] = []
        # The second life ends at one of its first writes, the third comes to the end.
        for fate in (write, dice.randrange(1, 9), 0):
            if fate:
                disk.crash_at(fate, written=dice.randrange(400))
            try:
                life = tale.live(disk, shelf, told)
            except Crashed:
                crashes += 1
                disk = disk.crashed(dice.randrange(disk.size - disk.durable + 1))
        assert life.seen() == tale.moments[life.seq]
        assert told == tale.outcomes
        fills = executions(told)
        assert len(set(fills)) == len(fills) > 300
    print(f"{crashes} crashes, in each run every command and fill once")
