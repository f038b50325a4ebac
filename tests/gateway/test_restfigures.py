"""Numbers as REST writes and reads them."""

from collections.abc import Callable
from typing import Any

import pytest

from builders import BTC_USD, ETH_BTC
from krakenbox.errors import ProtocolError
from krakenbox.gateway.restfigures import (
    choice,
    cost_text,
    listed,
    one_of,
    price_text,
    qty_text,
    time_ns,
    unix,
    whole,
    within,
)


@pytest.mark.parametrize(
    ("nanoseconds", "decimals", "text"),
    [
        (1_688_667_796_880_200_000, 6, b"1688667796.8802"),
        (1_688_667_796_880_200_999, 6, b"1688667796.8802"),
        (1_688_669_597_827_736_999, 7, b"1688669597.8277369"),
        (1_688_667_796_000_000_000, 6, b"1688667796"),
        (1_688_667_790_000_000_000, 6, b"1688667790"),
        (0, 6, b"0"),
    ],
)
def test_times_are_numbers(nanoseconds: int, decimals: int, text: bytes) -> None:
    assert bytes(unix(nanoseconds, decimals)) == text


def test_prices_have_the_decimals_of_costs() -> None:
    assert price_text(300_100, BTC_USD) == "30010.00000"
    assert price_text(50_001, ETH_BTC) == "0.0500010000"
    assert (cost_text(60_020_000, BTC_USD), qty_text(2_000_000, BTC_USD)) == ("600.20000", "0.02000000")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0", 0),
        ("1688667796", 1_688_667_796 * 10**9),
        ("1688667796.8802", 1_688_667_796_880_200_000),
        ("1688667796880200123", 1_688_667_796_880_200_123),
        ("", None),
        ("-1", None),
        ("x", None),
        ("1.0000000001", None),
        ("9" * 100, None),
    ],
)
def test_times_of_requests(text: str, time: int | None) -> None:
    assert time_ns(text) == time


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("12", 12), ("-1", None), ("1.0", None), ("1e3", None), ("", None), ("1" * 10, None)],
)
def test_whole_numbers(text: str, value: int | None) -> None:
    assert whole(text) == value


def test_lists() -> None:
    assert listed({"txid": "A, B,A"}, "txid", 3) == ["A", "B"]


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (lambda: listed({}, "txid", 3), "EGeneral:Invalid arguments:txid"),
        (lambda: listed({"txid": "A,,B"}, "txid", 3), "EGeneral:Invalid arguments:txid"),
        (lambda: listed({"txid": "A,B,C,D"}, "txid", 3), "EGeneral:Invalid arguments:txid"),
        (lambda: choice({"by": "x"}, "by", ("a", "b")), "EGeneral:Invalid arguments:by"),
        (lambda: one_of({"n": "3"}, "n", (1, 2), 1), "EGeneral:Invalid arguments"),
        (lambda: within({"n": "0"}, "n", 5, 1), "EGeneral:Invalid arguments"),
        (lambda: within({"n": "6"}, "n", 5, 1), "EGeneral:Invalid arguments"),
    ],
)
def test_refusals(read: Callable[[], Any], error: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        read()
    assert refusal.value.error == error


def test_what_is_not_given_has_a_value() -> None:
    assert choice({"by": ""}, "by", ("a", "b")) == "a"
    assert one_of({}, "n", (1, 2), 2) == 2
    assert (within({"n": ""}, "n", 5, 4), within({"n": "5"}, "n", 5, 4)) == (4, 5)
