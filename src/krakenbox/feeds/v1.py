"""Views to the public text of API version 1.

v1 prints prices with the decimals of costs, not with those of prices (recorded for all pairs whose numbers
are known; that this is the rule is inferred).
"""

from collections.abc import Callable, Sequence

from krakenbox.feeds.candles import MINUTE_NS, Candle
from krakenbox.feeds.ticker import Ticker
from krakenbox.feeds.today import Today
from krakenbox.model.event import Traded
from krakenbox.model.fixed import nearest, to_text
from krakenbox.model.instrument import Instrument
from krakenbox.protocol.timestamp import unix
from krakenbox.protocol.v1 import channels
from krakenbox.protocol.v1.channels import Topic

Render = Callable[[Topic, int], str]
"""A view's topic and its parameter -> the text of its frame."""


class Prices:
    """Prices of one instrument as v1 prints them."""

    __slots__ = ("_times", "decimals")

    def __init__(self, instrument: Instrument) -> None:
        self.decimals = max(instrument.cost_decimals, instrument.price_decimals)
        self._times: int = 10 ** (self.decimals - instrument.price_decimals)

    def units(self, price: int) -> int:
        """A price at the printed precision."""
        return price * self._times

    def text(self, price: int) -> str:
        """27120.00000."""
        return to_text(price * self._times, self.decimals)

    def average(self, exact: int, qty: int) -> str:
        """An average price, more exact than any single one: of the sum of price x qty, and that of qty."""
        return to_text(nearest(exact * self._times, qty) if qty else 0, self.decimals)


def trades(topic: Topic, listed: Sequence[Traded], instrument: Instrument) -> str:
    """Frame of channel `trade`."""
    prices, qty_decimals = Prices(instrument), instrument.qty_decimals
    rows = [
        channels.trade_row(
            prices.text(trade.price),
            to_text(trade.qty, qty_decimals),
            unix(trade.time_ns),
            trade.taker_side,
            trade.taker_type,
        )
        for trade in listed
    ]
    return channels.trades(topic, rows)


def spread(topic: Topic, best: tuple[int, int, int, int], instrument: Instrument, time_ns: int) -> str:
    """Frame of channel `spread`: best bid and ask, then their volumes."""
    prices, (bid, ask, bid_qty, ask_qty) = Prices(instrument), best
    volumes = to_text(bid_qty, instrument.qty_decimals), to_text(ask_qty, instrument.qty_decimals)
    return channels.spread(topic, prices.text(bid), prices.text(ask), unix(time_ns), volumes)


def ticker(topic: Topic, view: Ticker, today: Today, instrument: Instrument) -> str:
    """Frame of channel `ticker`: today's figures beside those of the past 24 hours."""
    prices, decimals = Prices(instrument), instrument.qty_decimals
    bids, asks = view.ladders.bids, view.ladders.asks
    last_qty = to_text(view.last_qty, decimals)

    def best(price: int, qty: int) -> tuple[str, int, str]:
        return prices.text(price), qty // 10**decimals, to_text(qty, decimals)

    return channels.ticker(
        topic,
        channels.TickerText(
            ask=best(asks.best, asks.best_qty),
            bid=best(bids.best, bids.best_qty),
            last=(prices.text(view.last), last_qty),
            volume=(to_text(today.qty, decimals), to_text(view.qty, decimals)),
            vwap=(prices.average(today.cost, today.qty), prices.average(view.cost, view.qty)),
            trades=(today.trades, view.trades),
            low=(prices.text(today.low), prices.text(view.low)),
            high=(prices.text(today.high), prices.text(view.high)),
            open=(prices.text(today.open), prices.text(view.open)),
        ),
    )


def candle(topic: Topic, row: Candle, minutes: int, last_ns: int, instrument: Instrument) -> str:
    """Frame of channel `ohlc`; `last_ns` is when its last trade was."""
    prices = Prices(instrument)
    return channels.ohlc(
        topic,
        channels.CandleText(
            time=unix(last_ns),
            end=unix(row.begin_ns + minutes * MINUTE_NS),
            open=prices.text(row.open),
            high=prices.text(row.high),
            low=prices.text(row.low),
            close=prices.text(row.close),
            vwap=prices.average(row.cost, row.qty),
            volume=to_text(row.qty, instrument.qty_decimals),
            count=row.trades,
        ),
    )
