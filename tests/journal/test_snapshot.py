"""An image comes back as it was, or not at all."""

import pytest

from krakenbox.journal.snapshot import DamagedSnapshot, Image, MemoryShelf, decode, encode, newest

IMAGE = Image(seq=7, time_ns=70, rules=1, venue_id=2**64 - 1, parts={"venue": b'{"a":1}', "feeds": b""})


def test_an_image_survives_encoding() -> None:
    assert decode(encode(IMAGE)) == IMAGE


def test_equal_images_have_equal_bytes() -> None:
    assert encode(IMAGE) == encode(decode(encode(IMAGE)))


def test_no_byte_can_change_unnoticed() -> None:
    data = encode(IMAGE)
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 0x10
        with pytest.raises(DamagedSnapshot):
            decode(bytes(flipped))


def test_no_byte_can_go_missing_unnoticed() -> None:
    data = encode(IMAGE)
    for size in range(len(data)):
        with pytest.raises(DamagedSnapshot):
            decode(data[:size])


def test_a_start_takes_the_newest_image_that_is_whole() -> None:
    shelf = MemoryShelf()
    assert newest(shelf).image is None
    for seq in (30, 10, 20):
        shelf.put(seq, encode(Image(seq, seq * 10, 1, 1, {})))
    found = newest(shelf)
    assert (found.image and found.image.seq, found.damaged) == (30, ())

    shelf.put(30, shelf.get(30)[:-1])
    found = newest(shelf)
    assert (found.image and found.image.seq, found.damaged) == (20, (30,))
    assert sorted(shelf.kept()) == [10, 20, 30]

    for seq in (10, 20):
        shelf.put(seq, b"")
    found = newest(shelf)
    assert (found.image, found.damaged) == (None, (30, 20, 10))
