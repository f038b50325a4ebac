"""A market: precisions, holds, and the minimum cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import ASSETS, INSTRUMENTS, buy, place, sell
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import FeePreference, Side
from krakenbox.venue.fees import fee
from krakenbox.venue.market import Market

BASE, QUOTE = FeePreference.BASE, FeePreference.QUOTE


def market(symbol: str = "BTC/USD") -> Market:
    table = InstrumentTable()
    for asset in ASSETS.values():
        table.add_asset(asset)
    return Market(INSTRUMENTS[symbol], table)


def test_a_price_is_the_last_else_the_index() -> None:
    one = market()
    assert one.price == 0
    one.index_price = Price(5)
    assert one.price == 5
    one.last_price = Price(7)
    assert one.price == 7


def test_buys_pay_with_the_quote_and_sells_with_the_base() -> None:
    assert [market().hold_asset(side) for side in (buy, sell)] == ["USD", "BTC"]


@pytest.mark.parametrize(
    ("symbol", "price", "qty", "ppm", "held"),
    [
        ("BTC/USD", 1000, 10**8, 4000, 1_004_000),  # 100 + 0.4 in 0.0001 USD
        ("BTC/USD", 1, 1, 4000, 2),  # a unit for the cost, a unit for the fee
        ("BTC/USD", 1, 1, 0, 1),
        ("ETH/BTC", 50_000, 10**8, 4000, 502_000_000),  # 0.05 + 0.0002 in 10**-10 BTC
        ("DOGE/USD", 10**6, 10**8, 2000, 1_002),  # 0.1 + 0.0002
    ],
)
def test_a_buy_holds_its_cost_and_fee_rounded_up(
    symbol: str, price: int, qty: int, ppm: int, held: int
) -> None:
    assert market(symbol).hold(buy, price * qty, qty, ppm) == held


@pytest.mark.parametrize(
    ("symbol", "qty", "ppm", "held"),
    [
        ("BTC/USD", 1, 0, 100),
        ("EUR/USD", 1, 0, 1),
        ("EUR/USD", 10_001, 0, 2),
        # A fee in base comes on top, rounded up by itself at the quantity's precision.
        ("BTC/USD", 1, 4000, 200),
        ("BTC/USD", 1_000, 4000, 100_400),
        ("BTC/USD", 1_001, 4000, 100_600),
        ("EUR/USD", 5_000, 1_000_000, 2),  # half a unit and half a unit of fee: each may be paid as one
    ],
)
def test_a_sell_holds_its_quantity_rounded_up(symbol: str, qty: int, ppm: int, held: int) -> None:
    assert market(symbol).hold(sell, 0, qty, ppm) == held


@pytest.mark.parametrize(
    ("side", "fee_preference", "ppm"),
    [(buy, QUOTE, 4000), (buy, BASE, 0), (sell, QUOTE, 0), (sell, BASE, 4000)],
)
def test_a_hold_provides_for_fees_of_the_asset_it_pays_with(
    side: Side, fee_preference: FeePreference, ppm: int
) -> None:
    terms = place(side, 1, at=100, fee_preference=fee_preference).terms
    assert market("BTC/USD").hold_ppm(terms, 4000) == ppm


@given(
    st.sampled_from(list(INSTRUMENTS)),
    st.integers(1, 10**9),
    st.integers(1, 10**13),
    st.integers(0, 500_000),
)
def test_a_hold_covers_a_single_fill(symbol: str, price: int, qty: int, ppm: int) -> None:
    one = market(symbol)
    exact = price * qty
    charged = one.cost_to_quote.nearest(fee(one.to_cost.nearest(exact), ppm))
    assert one.hold(buy, exact, qty, ppm) >= one.to_quote.nearest(exact) + charged
    assert one.hold(sell, exact, qty, ppm) >= one.to_base.nearest(qty) + one.to_base.nearest(fee(qty, ppm))


@pytest.mark.parametrize(
    ("order", "met"),
    [
        (place(buy, "0.005", at=100), True),
        (place(buy, "0.00499999", at=100), False),
        (place(buy, cash="0.5"), True),
        (place(buy, cash="0.49999"), False),
        (place(buy, "0.00005"), True),
    ],
)
def test_the_minimum_cost_is_that_of_limit_and_cash_orders(order: object, met: bool) -> None:
    assert market().cost_minimum_met(order.terms) is met  # type: ignore[attr-defined]
