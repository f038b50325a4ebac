"""Server frames of RFC 6455."""

import pytest

from krakenbox.protocol.framing import close_frame, text_frame


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


def test_close_carries_code_and_reason() -> None:
    assert close_frame(1000) == bytes.fromhex("880203e8")
    assert close_frame(1001, "bye") == bytes.fromhex("880503e9") + b"bye"


def test_a_close_reason_fits_a_control_frame() -> None:
    assert len(close_frame(1011, "x" * 123)) == 127
    with pytest.raises(AssertionError, match="at most 123 bytes; had 124"):
        close_frame(1011, "é" * 62)
