"""The past a market starts with: thirty days of bars and the last thousand trades, ending at the start price.

Bars are as fine as the views need: 720 candles of each interval up to an hour, a day of minutes for the
ticker. They never overlap, and each kind begins on the grid of the next coarser one. The youngest minutes are
folded from single trades, so that bars and trades tell the same story; those of the running minute follow.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isqrt

from msgspec import Struct

from krakenbox.model.command import Bar, PastTrade, SeedHistory
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType, Side
from krakenbox.sim.dice import Dice
from krakenbox.sim.pair import MarketPair, Shape
from krakenbox.sim.prices import MINUTE_S, Prices

TRADES = 1_000
"""Single trades of a past: what the trades view keeps."""
MINUTE_NS = MINUTE_S * 1_000_000_000

_CANDLES = 720
_REACH = ((1, 1_440), (5, 5 * _CANDLES), (15, 15 * _CANDLES), (30, 30 * _CANDLES), (60, 60 * _CANDLES))
"""Kinds of bars in minutes, and how many minutes before now each reaches back at least."""
_COARSEST = 1_440
"""Bars begin on a whole day: the candles of four hours and of a day have no half one at their start."""
_MEAN_FLOORS = 33
"""Mean size of a trade in least quantities."""


class Span(Struct, frozen=True, gc=False):
    """The time of one bar."""

    begin_ns: int
    minutes: int


def spans(now_ns: int) -> list[Span]:
    """The bars of a past that ends with the last whole minute, oldest first."""
    end = now_ns // MINUTE_NS
    found: list[Span] = []
    until = end
    for index, (minutes, reach) in enumerate(_REACH):
        grid = _REACH[index + 1][0] if index + 1 < len(_REACH) else _COARSEST
        begin = (end - reach) // grid * grid
        found.extend(
            Span(minute * MINUTE_NS, minutes) for minute in range(until - minutes, begin - 1, -minutes)
        )
        until = begin
    return found[::-1]


def seed_histories(
    pairs: Iterable[MarketPair], prices: Prices, seed: int, now_ns: int, rates: Mapping[str, int]
) -> list[SeedHistory]:
    """The past of every pair; `rates` is its trades per minute."""
    bars = spans(now_ns)
    running_s = now_ns // 1_000_000_000 % MINUTE_S
    paths = prices.past([running_s, *(span.minutes * MINUTE_S for span in reversed(bars))])
    histories = []
    for pair in pairs:
        symbol = pair.instrument.symbol
        base, quote = paths[pair.instrument.base], paths[pair.instrument.quote]
        shape = Shape(pair)
        path = [max(shape.floored(shape.price(b - q)), shape.tick) for b, q in zip(base, quote, strict=True)]
        past = _Past(shape, Dice(seed, "past", symbol), rates[symbol])
        histories.append(past.seed(symbol, bars, path[::-1], now_ns))
    return histories


class _Past:
    """The past of one pair in the making."""

    __slots__ = ("_dice", "_per_minute", "_shape", "_swing")

    def __init__(self, shape: Shape, dice: Dice, per_minute: int) -> None:
        self._shape = shape
        self._dice = dice
        self._per_minute = per_minute
        self._swing = shape.start * shape.deviation // 1_000_000_000
        """How far a price typically strays within a minute."""

    def seed(self, symbol: str, bars: Sequence[Span], path: Sequence[Price], now_ns: int) -> SeedHistory:
        """`path` has the prices at the begin of each bar, at the last one's end, and now."""
        running_ns = now_ns // MINUTE_NS * MINUTE_NS
        told = min(TRADES // self._per_minute * 2 + 5, 1_440)
        # Twice what the mean asks for: the trades of a minute may be half of it.
        coarse = len(bars) - told
        seeded = [
            self._bar(span, first, last)
            for span, (first, last) in zip(bars[:coarse], pairwise(path), strict=False)
        ]
        trades: list[PastTrade] = []
        for span, (first, last) in zip(bars[coarse:], pairwise(path[coarse:]), strict=False):
            of_minute = self._trades(span.begin_ns, MINUTE_NS, first, last)
            seeded.append(_folded(span, of_minute))
            trades += of_minute
        trades += self._trades(running_ns, now_ns - running_ns, path[-2], path[-1])
        return SeedHistory(symbol, tuple(seeded), tuple(trades[-TRADES:]))

    def _bar(self, span: Span, first: Price, last: Price) -> Bar:
        draw = self._dice.bits()
        shape = self._shape
        swing = self._swing * isqrt(span.minutes * 10_000) // 100 + 4 * shape.unit
        high = max(first, last) + shape.floored((draw & 0xFFFF) * swing >> 17)
        low = max(min(first, last) - shape.floored((draw >> 16 & 0xFFFF) * swing >> 17), shape.tick)
        trades = max(self._per_minute * span.minutes * (50 + (draw >> 32 & 0xFF) * 100 // 255) // 100, 1)
        qty = shape.qty(trades * (_MEAN_FLOORS - 8 + (draw >> 40 & 0xF)), draw >> 20 & 0xFFFF)
        mean = (first + last + high + low) // 4
        return Bar(
            begin_ns=span.begin_ns,
            minutes=span.minutes,
            open=first,
            high=Price(high),
            low=Price(low),
            close=last,
            qty=qty,
            cost=mean * qty,
            trades=trades,
        )

    def _trades(self, begin_ns: int, length_ns: int, first: Price, last: Price) -> list[PastTrade]:
        """Trades of a minute, or of the part of it that is over, from one price to the other."""
        dice, shape = self._dice, self._shape
        mean = self._per_minute * length_ns // MINUTE_NS
        count = max(mean // 2 + dice.below(mean + 1), min(length_ns, 1))
        times = sorted(begin_ns + dice.below(length_ns) for _ in range(count))
        trades = []
        for number, time_ns in enumerate(times, start=1):
            price = last
            if number < count:
                way = first + (last - first) * number // count
                price = max(shape.floored(way + dice.bell(shape.gap) // 2), shape.tick)
            draw = dice.bits()
            trades.append(
                PastTrade(
                    time_ns=time_ns,
                    price=Price(price),
                    qty=past_qty(shape, draw >> 8),
                    taker_side=Side.BUY if draw & 1 else Side.SELL,
                    taker_type=OrderType.MARKET if draw & 2 else OrderType.LIMIT,
                )
            )
        return trades


def past_qty(shape: Shape, draw: int) -> Qty:
    """A trade's size: mostly small, at times a hundred times the least."""
    span = 2 * shape.floor << (draw & 7)
    return shape.qty(1, (draw >> 3 & 0xFFFF) * span >> 16)


def _folded(span: Span, trades: Sequence[PastTrade]) -> Bar:
    assert trades, f"a minute of the told past has trades: {span}"
    return Bar(
        begin_ns=span.begin_ns,
        minutes=span.minutes,
        open=trades[0].price,
        high=max(trade.price for trade in trades),
        low=min(trade.price for trade in trades),
        close=trades[-1].price,
        qty=Qty(sum(trade.qty for trade in trades)),
        cost=sum(trade.price * trade.qty for trade in trades),
        trades=len(trades),
    )
