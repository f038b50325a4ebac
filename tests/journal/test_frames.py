"""A frame is read back as it was packed or not at all, and an end is judged by what stands behind it."""

import pytest

from krakenbox.journal.frames import (
    CHAIN_START,
    COMMANDS,
    HASH,
    HEAD,
    OVERHEAD,
    DamagedJournal,
    Torn,
    frame_at,
    packed,
    torn_end,
)

FRAME, CHAIN = packed(COMMANDS, b"[1]", synced=70, before=CHAIN_START)


def test_a_frame_reads_back_as_it_was_packed() -> None:
    frame = frame_at(memoryview(b"xx" + FRAME + b"\0\0"), 2)
    assert frame is not None
    assert (frame.kind, bytes(frame.payload), frame.synced, frame.chain) == (COMMANDS, b"[1]", 70, CHAIN)
    assert (frame.position, frame.end) == (2, 2 + len(FRAME))
    assert len(FRAME) == OVERHEAD + 3


def test_no_byte_of_a_frame_can_change_or_go_missing_unnoticed() -> None:
    for position in range(len(FRAME)):
        flipped = bytearray(FRAME)
        flipped[position] ^= 0x10
        assert frame_at(memoryview(flipped), 0) is None
        assert frame_at(memoryview(FRAME)[:position], 0) is None


def test_a_frame_continues_only_the_chain_it_was_packed_behind() -> None:
    frame = frame_at(memoryview(FRAME), 0)
    assert frame is not None
    assert frame.continues(CHAIN_START)
    assert not frame.continues(CHAIN)
    assert packed(COMMANDS, b"[1]", 0, CHAIN)[1] != CHAIN


@pytest.mark.parametrize("behind", [b"", b"\0" * 200])
def test_nothing_and_zeros_are_no_torn_end(behind: bytes) -> None:
    assert torn_end(memoryview(FRAME + behind), 1, len(FRAME), 1) is None


def test_what_is_no_frame_is_a_torn_end_with_the_whole_frames_in_it() -> None:
    later, _ = packed(HASH, b"[]", synced=len(FRAME), before=CHAIN)
    data = memoryview(FRAME + b"\x07" * OVERHEAD + later + b"\0" * 50)
    assert torn_end(data, 8, len(FRAME), 11) == Torn(8, len(FRAME), dropped=OVERHEAD + len(later), intact=1)


def test_a_later_frame_that_knows_the_place_to_be_durable_proves_damage() -> None:
    later, _ = packed(HASH, b"[]", synced=len(FRAME) + 1, before=CHAIN)
    with pytest.raises(
        DamagedJournal,
        match=f"damaged in segment 00000000000000000008 at byte {len(FRAME)}, behind command 11: no whole",
    ) as refusal:
        torn_end(memoryview(FRAME + b"\x07" * OVERHEAD + later), 8, len(FRAME), 11)
    assert (refusal.value.segment, refusal.value.position, refusal.value.seq) == (8, len(FRAME), 11)


def test_a_torn_first_frame_is_told_from_a_file_of_another_kind() -> None:
    head, _ = packed(HEAD, b"[]", 0, CHAIN_START)
    assert torn_end(memoryview(head)[:-1], 1, 0, 0) == Torn(1, 0, dropped=len(head) - 1, intact=0)
    without_its_first_sector = bytes(len(head)) + packed(COMMANDS, b"[1]", 0, CHAIN)[0]
    torn = torn_end(memoryview(without_its_first_sector), 5, 0, 4)
    assert torn == Torn(5, 0, dropped=len(without_its_first_sector), intact=1)
    with pytest.raises(DamagedJournal, match="not a journal; it begins with b'-----BEGIN"):
        torn_end(memoryview(b"-----BEGIN CERTIFICATE-----"), 1, 0, 0)
