"""Numbers of v1: prices with the decimals of costs, averages to nearest at them."""

import pytest

from builders import BTC_USD, ETH_BTC, EUR_USD, instrument
from krakenbox.feeds.v1 import Prices


def test_prices_have_the_decimals_of_costs() -> None:
    assert Prices(BTC_USD).text(271200) == "27120.00000"
    assert Prices(ETH_BTC).text(31347) == "0.0313470000"
    assert Prices(EUR_USD).text(109999) == "1.09999"


def test_prices_that_are_finer_than_costs_lose_nothing() -> None:
    assert Prices(instrument("EUR/USD", (5, 8, 2))).text(109999) == "1.09999"


@pytest.mark.parametrize(
    ("exact", "qty", "text"), [(0, 0, "0.00000"), (2 * 1000 + 1 * 1001, 3, "100.03333"), (10, 3, "0.33333")]
)
def test_averages(exact: int, qty: int, text: str) -> None:
    assert Prices(BTC_USD).average(exact, qty) == text


def test_units_are_those_of_the_printed_text() -> None:
    assert Prices(BTC_USD).units(271200) == 2712000000
