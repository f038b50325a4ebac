"""Order texts: recorded forms, and those that follow from them."""

from typing import Any

import pytest

from builders import BTC_USD, instrument
from krakenbox.model.fixed import Price
from krakenbox.model.order import Conditional, OrderTerms, OrderType, PriceType, Side, Trigger
from krakenbox.protocol.ordertext import close_text, order_text, price_text

ADA_XBT = instrument("ADA/XBT", (8, 8, 9))
SUI_USD = instrument("SUI/USD", (4, 5, 8))
T = OrderType


def terms(order_type: OrderType, side: str = "sell", **fields: Any) -> OrderTerms:
    return OrderTerms(symbol="", side=Side(side), order_type=order_type, **fields)


@pytest.mark.parametrize(
    ("order", "pair", "text"),
    [
        # Recorded.
        (
            terms(T.LIMIT, "buy", qty=125_000_000, limit_price=300_100),
            BTC_USD,
            "buy 1.25000000 BTCUSD @ limit 30010.0",
        ),
        (terms(T.MARKET, qty=25_000_000), BTC_USD, "sell 0.25000000 BTCUSD @ market"),
        (
            terms(T.STOP_LOSS_LIMIT, qty=16_728_002_676, trigger=Trigger(3280), limit_price=3212),
            ADA_XBT,
            "sell 167.28002676 ADAXBT @ stop loss 0.00003280 -> limit 0.00003212",
        ),
        (
            terms(T.TRAILING_STOP, qty=4_996_000, trigger=Trigger(1_000_000, PriceType.PCT)),
            SUI_USD,
            "sell 49.96000 SUIUSD @ trailing stop +1.0000%",
        ),
        # Inferred.
        (terms(T.ICEBERG, qty=1, limit_price=10), BTC_USD, "sell 0.00000001 BTCUSD @ iceberg 1.0"),
        (terms(T.MARKET, "buy", cash_qty=10_000_000), BTC_USD, "buy 100.00000 BTCUSD @ market"),
        (
            terms(T.TAKE_PROFIT, qty=1, trigger=Trigger(-50, PriceType.QUOTE)),
            BTC_USD,
            "sell 0.00000001 BTCUSD @ take profit -5.0",
        ),
        (
            terms(
                T.TRAILING_STOP_LIMIT,
                qty=1,
                trigger=Trigger(500, PriceType.QUOTE),
                limit_price=Price(-2_500_000),
                limit_price_type=PriceType.PCT,
            ),
            BTC_USD,
            "sell 0.00000001 BTCUSD @ trailing stop +50.0 -> limit -2.5000%",
        ),
    ],
)
def test_orders(order: OrderTerms, pair: Any, text: str) -> None:
    assert order_text(order, pair) == text


@pytest.mark.parametrize(
    ("close", "text"),
    [
        (
            Conditional(T.STOP_LOSS_LIMIT, 210_000, trigger=Trigger(220_000)),
            "close position @ stop loss 22000.0 -> limit 21000.0",
        ),
        (
            Conditional(T.TAKE_PROFIT, trigger=Trigger(5_000_000, PriceType.PCT)),
            "close position @ take profit +5.0000%",
        ),
        (Conditional(T.LIMIT, 220_000), "close position @ limit 22000.0"),
    ],
)
def test_close_orders(close: Conditional, text: str) -> None:
    assert close_text(close, BTC_USD) == text


def test_a_percentage_has_four_decimals() -> None:
    assert price_text(-123_456, PriceType.PCT, 1) == "-0.1235%"
    assert price_text(0, PriceType.QUOTE, 1) == "+0.0"
