"""The public views of one symbol as v1 shows them: the same book, trades and candles, seen by their watchers.

v1/book    depth       every change of a window
v1/trade               every trade
v1/spread              every change of a best price or of its volume
v1/ticker              after trades, not after quotes (recorded)
v1/ohlc    interval    after trades
"""

from krakenbox.feeds import v1
from krakenbox.feeds.audiences import ViewKey
from krakenbox.feeds.candles import Candles
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.ticker import Ticker
from krakenbox.feeds.today import Today
from krakenbox.feeds.trades import Trades
from krakenbox.feeds.v1depth import LevelTimes, TimedDepth
from krakenbox.model.event import BookChanged, Traded
from krakenbox.model.instrument import Instrument
from krakenbox.protocol.v1 import channels
from krakenbox.protocol.v1.channels import Topic, channel_id, channel_name

PREFIX = "v1/"
"""Begins the channel of every view in here."""

Top = tuple[int, int, int, int]
"""Best bid and ask, their volumes."""


def channel_of(view: ViewKey) -> str:
    """The channel as v1 names it."""
    return view.channel.removeprefix(PREFIX)


class Views:
    """One symbol's views in v1. `number` counts the symbols from 1: channel ids come from it."""

    __slots__ = ("_candles", "_instrument", "_ladders", "_number", "_ticker", "_today", "_top", "_trades",
                 "_watched", "depth")  # fmt: skip

    def __init__(
        self, instrument: Instrument, ladders: Ladders, ticker: Ticker, trades: Trades, candles: Candles
    ) -> None:
        self.depth = TimedDepth(instrument, ladders)
        self._instrument = instrument
        self._number = 0
        self._ladders = ladders
        self._ticker = ticker
        self._trades = trades
        self._candles = candles
        self._watched: dict[str, dict[int | str, ViewKey]] = {}
        self._today: Today | None = None
        """While a ticker is watched."""
        self._top: Top = (0, 0, 0, 0)
        """What the spread showed last."""

    def __bool__(self) -> bool:
        return bool(self._watched)

    def number(self, number: int) -> None:
        """The symbol's place among all that were listed, from 1."""
        self._number = number

    def topic(self, view: ViewKey) -> Topic:
        """What every message of a view begins and ends with."""
        channel, param = channel_of(view), int(view.param)
        return Topic(
            channel_id(self._number, channel, param), channel_name(channel, param), self._instrument.wsname
        )

    def watch(self, view: ViewKey) -> None:
        """Somebody sees this view from now on."""
        channel = channel_of(view)
        views = {**self._watched.get(channel, {}), view.param: view}
        # In an order of their own, so that no order of frames tells who came first.
        self._watched[channel] = dict(sorted(views.items(), key=lambda each: int(each[0])))
        if channel == "book":
            self.depth.watch(int(view.param))
        elif channel == "ticker":
            self._today = Today(self._ticker.minutes, self._ticker.time_ns)
        elif channel == "spread":
            self._top = self._best()

    def unwatch(self, view: ViewKey) -> None:
        """Nobody sees this view any more."""
        channel = channel_of(view)
        views = self._watched[channel]
        del views[view.param]
        if not views:
            del self._watched[channel]
        if channel == "book":
            self.depth.unwatch(int(view.param))
        elif channel == "ticker":
            self._today = None

    def change_book(self, event: BookChanged) -> None:
        """Take in the change that the ladders have just taken."""
        self.depth.apply(event)

    def trade(self, event: Traded) -> None:
        """Take in one trade."""
        if self._today is not None:
            self._today.apply(event)

    def updates(self, traded: list[Traded], quoted: bool, time_ns: int) -> list[tuple[ViewKey, str]]:
        """Frames of what a command changed: its trades, whether a best level changed, its time."""
        watched = self._watched
        updates: list[tuple[ViewKey, str]] = []
        if traded and "trade" in watched:
            updates += self._texts("trade", lambda topic, _: v1.trades(topic, traded, self._instrument))
        if "book" in watched:
            views, checksum = watched["book"], self.depth.checksum()
            for levels, bids, asks in self.depth.updates():
                view = views[levels]
                updates.append((view, channels.book_update(self.topic(view), asks, bids, checksum)))
        if quoted and "spread" in watched and self._top != self._best():
            self._top = self._best()
            updates += self._texts("spread", lambda topic, _: self._spread(topic, time_ns))
        if traded and "ticker" in watched:
            updates += self._texts("ticker", lambda topic, _: self._ticker_text(topic, time_ns))
        if traded and "ohlc" in watched:
            updates += self._texts("ohlc", self._candle)
        return updates

    def snapshot(self, view: ViewKey, now_ns: int) -> str:
        """What a new subscriber is sent; empty if that is nothing."""
        topic = self.topic(view)
        match channel_of(view):
            case "book":
                bids, asks = self.depth.levels(int(view.param))
                return channels.book_snapshot(topic, asks, bids)
            case "ticker":
                return self._ticker_text(topic, now_ns)
            case "ohlc":
                return self._candle(topic, int(view.param)) if self._trades.latest else ""
            case "spread":
                return self._spread(topic, self._ticker.time_ns)
            case channel:
                assert channel == "trade", f"channel must be one of v1; was {view.channel}"
                # Recorded 2021: no snapshot; Kraken's newest page speaks of the last 50 trades.
                return ""

    def capture(self) -> LevelTimes:
        """Its state besides what it looks at."""
        return self.depth.capture()

    def restore(self, times: LevelTimes) -> None:
        """Take a state on that nobody has seen yet."""
        self.depth.restore(times)

    def _texts(self, channel: str, text: "v1.Render") -> list[tuple[ViewKey, str]]:
        return [(view, text(self.topic(view), int(view.param))) for view in self._watched[channel].values()]

    def _best(self) -> Top:
        bids, asks = self._ladders.bids, self._ladders.asks
        return bids.best, asks.best, bids.best_qty, asks.best_qty

    def _spread(self, topic: Topic, time_ns: int) -> str:
        return v1.spread(topic, self._best(), self._instrument, time_ns)

    def _ticker_text(self, topic: Topic, now_ns: int) -> str:
        self._ticker.roll(now_ns)
        today = self._today
        if today is None:
            today = Today(self._ticker.minutes, now_ns)
        today.roll(now_ns)
        return v1.ticker(topic, self._ticker, today, self._instrument)

    def _candle(self, topic: Topic, minutes: int) -> str:
        candle, last = self._candles.running(minutes), self._trades.latest[-1]
        return v1.candle(topic, candle, minutes, last.time_ns, self._instrument)
