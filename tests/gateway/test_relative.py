"""Limit prices relative to the last trade."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from builders import BTC_USD, buy, sell
from krakenbox.errors import ProtocolError
from krakenbox.gateway.relative import absolute, resolved
from krakenbox.gateway.restfields import price
from krakenbox.model.fixed import Price
from krakenbox.model.order import OrderType, Side

HALVES = replace(BTC_USD, price_increment=Price(5))
LAST = 1000


@pytest.mark.parametrize(
    ("text", "side", "value"),
    [
        ("99.99", buy, "99.99"),
        ("+1", buy, "101"),
        ("-1", sell, "99"),
        ("#1", buy, "99"),
        ("#1", sell, "101"),
        ("+1.5%", buy, "101.5"),
        ("-0.04%", buy, "100"),
        ("-0.05%", buy, "100"),
        ("#0.06%", buy, "99.9"),
    ],
)
def test_prices_are_put_on_the_nearest_tick(text: str, side: Side, value: str) -> None:
    given = price(text)
    assert given is not None
    assert absolute(given, side, BTC_USD, LAST) == Decimal(value)


def test_a_tick_may_be_wider_than_a_decimal() -> None:
    given = price("+0.7")
    assert given is not None
    assert absolute(given, buy, HALVES, LAST) == Decimal("100.5")


def test_before_the_first_trade_there_is_nothing_to_be_relative_to() -> None:
    with pytest.raises(ProtocolError, match="EOrder:Invalid price"):
        resolved({"price": "+1"}, buy, OrderType.LIMIT, BTC_USD, 0)
    assert resolved({"price": "1"}, buy, OrderType.LIMIT, BTC_USD, 0) == {"price": "1"}


@pytest.mark.parametrize(
    ("order_type", "told"),
    [
        (OrderType.LIMIT, {"price": "101.0", "price2": "+2"}),
        (OrderType.STOP_LOSS_LIMIT, {"price": "+1", "price2": "102.0"}),
        (OrderType.TAKE_PROFIT_LIMIT, {"price": "+1", "price2": "102.0"}),
        (OrderType.TRAILING_STOP_LIMIT, {"price": "+1", "price2": "+2"}),
        (OrderType.STOP_LOSS, {"price": "+1", "price2": "+2"}),
        (OrderType.MARKET, {"price": "+1", "price2": "+2"}),
    ],
)
def test_only_limits_are_made_absolute_and_not_that_of_what_trails(
    order_type: OrderType, told: dict[str, str]
) -> None:
    assert resolved({"price": "+1", "price2": "+2"}, buy, order_type, BTC_USD, LAST) == told
