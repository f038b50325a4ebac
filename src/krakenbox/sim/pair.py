"""A pair of the seeded market, and the measures of its book that follow from price, tick and volatility."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from krakenbox.model.fixed import Price, Qty, ceiling
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.sim.prices import exp_ppb, pair_deviation

_DEEP = frozenset(("BTC/USD", "ETH/USD"))
_DEEP_LEVELS = 1_200
"""Every depth up to 1,000 then has an edge that levels cross."""
_LEVELS = 60

_UNIT_PPM = 2
"""Least price step that matters, in millionths: pairs with finer ticks are quoted in several ticks."""
_GAPS_A_MINUTE = 12
"""Gaps between levels that a typical minute's move crosses: bounds the orders that follow the price."""
_COST_MIN_TIMES = 2
"""A least quantity stays worth the cost minimum while the price halves."""


class MarketPair(Struct, frozen=True, kw_only=True):
    """What the market must know of one pair."""

    instrument: Instrument
    start_price: Price
    base_decimals: int
    """Ledger decimals of the base asset; likewise of the quote asset."""
    quote_decimals: int
    levels: int = _LEVELS
    """Price levels each side of the book always has, unless somebody takes them."""


def market_pairs(
    instruments: Iterable[Instrument], assets: Iterable[Asset], start_prices: Mapping[str, Price]
) -> tuple[MarketPair, ...]:
    """The pairs of an exchange, with BTC/USD and ETH/USD as deep as the deepest subscription."""
    decimals = {asset.asset: asset.decimals for asset in assets}
    return tuple(
        MarketPair(
            instrument=instrument,
            start_price=start_prices[instrument.symbol],
            base_decimals=decimals[instrument.base],
            quote_decimals=decimals[instrument.quote],
            levels=_DEEP_LEVELS if instrument.symbol in _DEEP else _LEVELS,
        )
        for instrument in instruments
    )


class Shape:
    """Measures of one pair's book. Prices and distances are integers of the instrument."""

    __slots__ = (
        "deviation",
        "floor",
        "gap",
        "increment",
        "levels",
        "most",
        "slack",
        "start",
        "target",
        "tick",
        "unit",
        "width",
    )

    def __init__(self, pair: MarketPair) -> None:
        instrument = pair.instrument
        start = pair.start_price
        self.start = start
        self.tick = tick = instrument.price_increment
        self.unit = max(tick, self.floored(start * _UNIT_PPM // 1_000_000))
        """The step of quotes: a spread is one to a few of these."""
        self.deviation = pair_deviation(instrument.base, instrument.quote)
        """Standard deviation of a minute's move, in billionths."""
        self.gap = max(self.unit, self.floored(start * self.deviation // (_GAPS_A_MINUTE * 1_000_000_000)))
        """Mean distance of levels near the touch."""
        self.slack = max(self.unit, self.gap // 2)
        """How far the best prices may be from the latent price."""
        self.levels = pair.levels
        self.target = pair.levels + pair.levels // 8 + 30
        """Levels aimed at; the surplus over `levels` is what a few sweeps may take."""
        self.most = self.target + self.target // 4 + 30
        """The agents' orders a side keeps: the price leaves quotes behind where it came from."""
        self.width = self.offset(self.target)
        """Distance of the last level from the touch."""
        self.increment = instrument.qty_increment
        self.floor = _least_qty(instrument, start)
        """The least quantity agents trade; Kraken's minimums are worth about 5 USD, and so is this."""

    def floored(self, price: int) -> Price:
        """The price on the tick at or below."""
        return Price(price - price % self.tick)

    def price(self, log_ppb: int) -> int:
        """Price, to the integer below, of a logarithm against the start."""
        return self.start * exp_ppb(log_ppb) // 1_000_000_000

    def offset(self, level: int) -> int:
        """Distance of a level from the touch: one gap each at first, five gaps each at the end."""
        return self.gap * level + 2 * self.gap * level * level // self.target

    def qty(self, multiple: int, extra: int) -> Qty:
        """A quantity of so many floors and `extra`, on the increment."""
        qty = self.floor * multiple + extra
        return Qty(qty - qty % self.increment)


def _least_qty(instrument: Instrument, price: Price) -> Qty:
    # cost_min has cost_decimals, price x qty exact_decimals.
    exact = instrument.cost_min * 10 ** max(instrument.exact_decimals - instrument.cost_decimals, 0)
    worth = ceiling(exact, price * 10 ** max(instrument.cost_decimals - instrument.exact_decimals, 0))
    least = max(instrument.qty_min, _COST_MIN_TIMES * worth, 1)
    return Qty(ceiling(least, instrument.qty_increment) * instrument.qty_increment)
