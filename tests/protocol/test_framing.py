"""Server frames of RFC 6455."""

import pytest

from krakenbox.protocol.framing import text_frame


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, "8100"),
        (1, "8101"),
        (125, "817d"),
        (126, "817e007e"),
        (65_535, "817effff"),
        (65_536, "817f0000000000010000"),
        (70_000, "817f0000000000011170"),
    ],
)
def test_the_header_has_the_shortest_length(length: int, header: str) -> None:
    payload = b"x" * length
    assert text_frame(payload) == bytes.fromhex(header) + payload


def test_the_sample_of_the_rfc() -> None:
    assert text_frame(b"Hello") == bytes.fromhex("810548656c6c6f")  # RFC 6455, 5.7
