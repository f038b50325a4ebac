"""Timestamps: the three fractions Kraken writes, cut and not rounded, and everything it may be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.errors import ProtocolError
from krakenbox.protocol import timestamp

# The trade of a recorded ohlc update: 17:48:26.844359566 there, 17:48:26.844359 in ticker and trade.
NS = 1_790_358_506_844_359_566
END_OF_9999_NS = 253_402_300_800 * 10**9


def test_digits_that_do_not_fit_are_cut_not_rounded() -> None:
    assert timestamp.nanos(NS) == "2026-09-25T17:48:26.844359566Z"
    assert timestamp.micros(NS) == "2026-09-25T17:48:26.844359Z"
    assert timestamp.seconds(NS) == "2026-09-25T17:48:26Z"
    assert timestamp.micros(999_999_999) == "1970-01-01T00:00:00.999999Z"
    assert timestamp.seconds(999_999_999) == "1970-01-01T00:00:00Z"


def test_fractions_keep_their_zeros() -> None:
    assert timestamp.nanos(0) == "1970-01-01T00:00:00.000000000Z"
    assert timestamp.micros(1_000) == "1970-01-01T00:00:00.000001Z"


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (1_688_669_448, "Thu, 06 Jul 23 18:50:48 +0000"),  # REST reference, get-server-time
        (1_762_820_224, "Tue, 11 Nov 25 00:17:04 +0000"),  # recorded 2025-11
        (946_684_799, "Fri, 31 Dec 99 23:59:59 +0000"),
        (946_684_800, "Sat, 01 Jan 00 00:00:00 +0000"),
    ],
)
def test_rest_time(second: int, text: str) -> None:
    assert timestamp.rfc1123(second * 10**9) == text


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.1Z", 100_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:01+00:00", 10**9),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T18:30:00-05:30", 0),
        ("2024-02-29T00:00:00Z", 1_709_164_800 * 10**9),
        ("2026-09-25T17:48:26.844359566Z", NS),
    ],
)
def test_parse(text: str, time_ns: int) -> None:
    assert timestamp.parse(text) == time_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1700000000",
        "2026-09-25",
        "2026-09-25T17:48:26",
        "2026-09-25 17:48:26Z",
        "2026-09-25T17:48:26.Z",
        "2026-09-25T17:48:26.1234567890Z",
        "2026-9-25T17:48:26Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-09-25T24:00:00Z",
        "2026-09-25T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "+026-09-25T17:48:26Z",
        "٢٠٢٦-09-25T17:48:26Z",
        " 2026-09-25T17:48:26Z",
        "2026-09-25T17:48:26Z\n",
        "2026-09-25T17:48:26+0000",
    ],
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ProtocolError, match="must be RFC 3339"):
        timestamp.parse(text)


@given(st.integers(0, END_OF_9999_NS - 1))
def test_there_and_back(time_ns: int) -> None:
    assert timestamp.parse(timestamp.nanos(time_ns)) == time_ns
    assert timestamp.parse(timestamp.micros(time_ns)) == time_ns - time_ns % 1_000
    assert timestamp.parse(timestamp.seconds(time_ns)) == time_ns - time_ns % 10**9


@given(st.integers(0, END_OF_9999_NS - 1), st.integers(0, END_OF_9999_NS - 1))
def test_text_sorts_as_time_does(one: int, other: int) -> None:
    assert (timestamp.micros(one) <= timestamp.micros(other)) >= (one <= other)
