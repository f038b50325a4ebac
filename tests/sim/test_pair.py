"""Pairs: the measures of a book follow from price, tick and volatility."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

import trading
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.sim.pair import MarketPair, Shape


def test_every_shipped_pair_is_there_and_two_are_deep() -> None:
    found = trading.pairs()
    assert len(found) == 15
    assert [p.instrument.symbol for p in found if p.levels >= 1_200] == ["BTC/USD", "ETH/USD"]
    eur_usd = trading.pair("EUR/USD")
    assert (eur_usd.start_price, eur_usd.base_decimals, eur_usd.quote_decimals) == (120_000, 4, 4)


@pytest.mark.parametrize("each", trading.pairs(), ids=lambda p: p.instrument.symbol)
def test_every_measure_is_in_whole_ticks_and_above_the_minimums(each: MarketPair) -> None:
    shape, instrument = Shape(each), each.instrument
    for distance in (shape.unit, shape.gap):
        assert distance > 0
        assert distance % instrument.price_increment == 0
    assert shape.unit <= shape.gap
    assert shape.unit * 5_000 <= each.start_price, "a unit is two hundredths of a per cent at most"
    assert shape.levels < shape.target < shape.most
    assert shape.width < each.start_price, "the lowest bid is above 0"
    assert shape.floor >= instrument.qty_min
    assert shape.floor % instrument.qty_increment == 0
    exact = each.start_price * shape.floor * 10**instrument.cost_decimals
    assert exact >= 2 * instrument.cost_min * 10**instrument.exact_decimals


def test_levels_are_the_rarer_the_further_from_the_touch() -> None:
    shape = Shape(trading.pair("BTC/USD"))
    gaps = [shape.offset(level + 1) - shape.offset(level) for level in range(shape.target)]
    assert all(after >= gap - 1 for gap, after in pairwise(gaps)), "but for rounding"
    assert gaps[0] == shape.gap
    assert gaps[-1] in range(4 * shape.gap, 5 * shape.gap + 1)


def test_quantities_are_on_the_increment() -> None:
    btc = trading.pair("BTC/USD")
    coarse = replace(btc, instrument=replace(btc.instrument, qty_increment=Qty(1_000), qty_min=Qty(1_500)))
    shape = Shape(coarse)
    assert shape.floor == 2_000
    assert shape.qty(3, 1_999) == 7_000


def test_the_cost_minimum_counts_where_it_asks_for_more_than_the_quantity_minimum() -> None:
    btc = trading.pair("BTC/USD")
    instrument = replace(btc.instrument, qty_min=Qty(1), cost_min=Cost(10 * 10**5))
    # 10 USD at 84,000.0 are 0.00011905 BTC; twice that leaves room for the price to halve.
    assert Shape(replace(btc, instrument=instrument)).floor == 2 * 11_905


def test_prices_are_floored_to_the_tick() -> None:
    btc = trading.pair("BTC/USD")
    shape = Shape(replace(btc, instrument=replace(btc.instrument, price_increment=Price(5))))
    assert shape.floored(840_004) == 840_000
    assert shape.price(0) == 840_000
    assert shape.price(1_000_000) == 840_840
