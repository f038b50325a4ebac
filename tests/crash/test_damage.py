"""An end that was torn is cut off at any byte; a bit that rots anywhere before it refuses the start."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from crash.runs import Life, undisturbed
from krakenbox.journal.frames import COMMANDS, HASH, HEAD, DamagedJournal, Frame, frame_at
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Tick

Segments = dict[int, bytes]

PREALLOCATED = 16_384


class Place(NamedTuple):
    """A frame and the segment it is in."""

    segment: int
    frame: Frame


def held(disk: MemoryStorage) -> Segments:
    return {name: bytes(disk.read(name)) for name in disk.segments()}


def places(segments: Segments) -> Iterator[Place]:
    """Every frame."""
    for segment, data in segments.items():
        position = 0
        while (frame := frame_at(memoryview(data), position)) is not None:
            yield Place(segment, frame)
            position = frame.end
        assert position == len(data)


def until(segments: Segments, end: Place) -> Segments:
    """What there was before a frame was written, or a segment begun with it."""
    earlier = {name: data for name, data in segments.items() if name <= end.segment}
    earlier[end.segment] = earlier[end.segment][: end.frame.position]
    return {name: data for name, data in earlier.items() if data}


@pytest.mark.parametrize("kind", [COMMANDS, HEAD, HASH])
def test_a_tear_at_any_byte_of_the_last_record_is_cut(kind: bytes) -> None:
    tale = undisturbed()
    whole = held(tale.disk)
    *_, last = (place for place in places(whole) if place.frame.kind == kind)
    before, record = until(whole, last), whole[last.segment][last.frame.position : last.frame.end]
    shelf = MemoryShelf()
    intact = Life(MemoryStorage(before), shelf, [])
    intact.capture(shelf)

    for size in range(1, len(record)):
        torn = before | {last.segment: before.get(last.segment, b"") + record[:size]}
        life = Life(MemoryStorage(torn, PREALLOCATED if size % 2 else 0), shelf, [])
        found = life.started.recovery.torn
        assert found is not None
        assert (found.segment, found.position) == (last.segment, last.frame.position)
        assert found.dropped == len(record[:size].rstrip(b"\0"))
        assert life.seen() == tale.moments[intact.seq]
        life.send([Tick()])
        assert [outcome.seq for outcome in life.told] == [intact.seq + 1]
    print(f"{kind.decode()}: torn at each of {len(record) - 1} bytes, cut each time")


def test_a_bit_flipped_anywhere_before_the_tail_refuses_and_names_the_place(soak: bool) -> None:
    tale = undisturbed()
    whole = held(tale.disk)
    # The last segment is sound as far as a later frame says that it was durable.
    tail = max(place.frame.synced for place in places(whole) if place.segment == max(whole))
    spots = [
        (segment, frame, position)
        for segment, frame in places(whole)
        for position in range(frame.position, frame.end)
        if segment < max(whole) or position < tail
    ]
    stride = 1 if soak else 101
    for number, (segment, frame, position) in enumerate(spots[::stride]):
        rotten = MemoryStorage(whole)
        rotten.flip(segment, position, 1 << number % 8)
        with pytest.raises(
            DamagedJournal, match=rf"segment {segment:020} at byte {frame.position}\b"
        ) as told:
            Life(rotten, tale.shelf, [])
        assert (told.value.segment, told.value.position) == (segment, frame.position)
        assert rotten.writes == 0
        assert sum(map(len, held(rotten).values())) == tale.disk.size, "nothing was cut"
    assert len(spots) > 0.98 * tale.disk.size
    print(f"{len(spots[::stride])} flips in {len(spots)} bytes, each refused with its place")
