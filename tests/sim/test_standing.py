"""Where latent prices stood: paths that agree with the prices found, whatever was configured since."""

from msgspec.structs import replace

import trading
from krakenbox.model.fixed import Price
from krakenbox.sim.pair import MarketPair
from krakenbox.sim.picture import Book
from krakenbox.sim.prices import exp_ppb
from krakenbox.sim.standing import standing


def fairs(pairs: tuple[MarketPair, ...], prices: dict[str, int]) -> dict[str, int]:
    """What the pairs are worth to the agents, once they went on from such last prices."""
    found, logs = standing(pairs, {symbol: Book(last_price=Price(price)) for symbol, price in prices.items()})
    return {
        pair.instrument.symbol: pair.start_price
        * exp_ppb(logs.get(pair.instrument.base, 0) - logs.get(pair.instrument.quote, 0))
        // 10**9
        for pair in found
    }


def test_a_new_exchange_stands_at_its_start_prices() -> None:
    pairs = trading.pairs()
    assert standing(pairs, {}) == (pairs, {"USD": 0})
    assert fairs(pairs, {}) == {pair.instrument.symbol: pair.start_price for pair in pairs}


def test_every_pair_goes_on_where_it_stood() -> None:
    pairs = trading.pairs()
    # Each asset a few per cent from its start, crosses as their legs have them.
    moves = {"BTC": 31, "ETH": -45, "SOL": 80, "EUR": 4, "GBP": -3}
    prices = {}
    for pair in pairs:
        base, quote = (moves.get(leg, 0) for leg in (pair.instrument.base, pair.instrument.quote))
        prices[pair.instrument.symbol] = pair.start_price * (1_000 + base) // (1_000 + quote)
    found, _ = standing(pairs, {s: Book(last_price=Price(p)) for s, p in prices.items()})
    assert found == pairs, "no start price had to become another"
    for symbol, fair in fairs(pairs, prices).items():
        assert abs(fair - prices[symbol]) <= max(prices[symbol] // 10_000, 1), symbol


def test_without_usd_a_market_stands_too() -> None:
    pairs = trading.pairs("BTC/EUR")
    (pair,) = pairs
    _, logs = standing(pairs, {"BTC/EUR": Book(last_price=Price(pair.start_price * 102 // 100))})
    assert logs["EUR"] == 0
    assert abs(logs["BTC"] - 19_802_627) < 20_000


def test_a_cross_its_legs_do_not_explain_gets_a_start_price_of_its_own() -> None:
    pairs = trading.pairs("BTC/USD", "EUR/USD", "BTC/EUR")
    prices = {pair.instrument.symbol: int(pair.start_price) for pair in pairs}
    prices["BTC/EUR"] = prices["BTC/EUR"] * 94 // 100
    for symbol, fair in fairs(pairs, prices).items():
        assert abs(fair - prices[symbol]) <= 1, symbol


def test_a_start_price_that_was_configured_anew_does_not_move_the_market() -> None:
    (pair,) = trading.pairs("BTC/USD")
    for factor in (1, 5, 20):
        other = replace(pair, start_price=Price(pair.start_price * factor // 4))
        assert abs(fairs((other,), {"BTC/USD": 840_123})["BTC/USD"] - 840_123) <= 8_401


def test_a_pair_new_to_the_market_follows_its_legs() -> None:
    pairs = trading.pairs("BTC/USD", "EUR/USD", "BTC/EUR")
    prices = {p.instrument.symbol: int(p.start_price) for p in pairs}
    del prices["BTC/EUR"]
    prices["BTC/USD"] = prices["BTC/USD"] * 103 // 100
    start = next(p.start_price for p in pairs if p.instrument.symbol == "BTC/EUR")
    assert abs(fairs(pairs, prices)["BTC/EUR"] - start * 103 // 100) <= start // 10_000
