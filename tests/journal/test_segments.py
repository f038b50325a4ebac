"""A segment is checked frame by frame; only what must be known of it is decoded."""

import msgspec
import pytest

from krakenbox.journal.frames import COMMANDS, HASH, HEAD, VOID, DamagedJournal, packed
from krakenbox.journal.segments import Checked, Head, Header, StateHash, check, head_of, record_at
from krakenbox.model.command import Stamped, Tick, Void

HEADING = Head(Header(rules=3, venue_id=7), seq=4, time_ns=40, chain=b"0123456789abcdef")
TICKS = [Stamped(5, 50, Tick()), Stamped(6, 60, Tick())]
VOIDS = [Stamped(7, 70, Void(6))]


def segment(*frames: tuple[bytes, object]) -> memoryview:
    """The bytes of frames, each of a kind and what is encoded in it, behind the chain of the heading."""
    data, chain = b"", HEADING.chain
    for kind, content in frames:
        payload = content if isinstance(content, bytes) else msgspec.json.encode(content)
        frame, chain = packed(kind, payload, len(data), chain)
        data += frame
    return memoryview(data)


WHOLE = segment((HEAD, HEADING), (COMMANDS, TICKS), (VOID, VOIDS), (HASH, StateHash(7, "00")))


def test_a_check_tells_where_the_segment_ends_and_what_its_last_batch_was() -> None:
    checked = check(5, WHOLE)
    assert checked == Checked(
        head=HEADING,
        chain=checked.chain,
        size=len(WHOLE),
        seq=7,
        time_ns=70,
        last_batch=TICKS,
        voided=frozenset({6}),
        torn=None,
    )


def test_a_segment_of_its_head_alone_stands_where_that_says() -> None:
    checked = check(5, segment((HEAD, HEADING)))
    assert (checked.seq, checked.time_ns, checked.last_batch, checked.voided) == (4, 40, None, frozenset())


def test_a_head_that_is_not_whole_is_none() -> None:
    assert head_of(5, WHOLE) == HEADING
    assert head_of(5, WHOLE[:40]) is None
    assert head_of(5, segment((COMMANDS, TICKS))) is None
    with pytest.raises(DamagedJournal, match="behind command 4: it does not begin with a whole frame"):
        check(5, memoryview(bytes(100)), seq=4)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (segment((HEAD, HEADING), (HEAD, HEADING)), "does not continue"),
        (segment((HEAD, HEADING), (COMMANDS, b"[[5]]")), "CMDS does not decode"),
        (segment((HEAD, b"{}")), "HEAD does not decode"),
        (memoryview(bytes(WHOLE) + bytes(segment((HASH, StateHash(7, "00"))))), "does not continue"),
    ],
)
def test_whole_frames_that_make_no_sense_are_damage(data: memoryview, found: str) -> None:
    with pytest.raises(DamagedJournal, match=found):
        check(5, data)


def test_records_are_read_one_behind_the_other() -> None:
    position, records = 0, []
    while position < len(WHOLE):
        record, position = record_at(5, WHOLE, position, seq=4)
        records.append(record)
    assert records == [None, TICKS, VOIDS, StateHash(7, "00")]
    with pytest.raises(DamagedJournal, match="whole when the log was opened is not"):
        record_at(5, WHOLE, 1, seq=4)
