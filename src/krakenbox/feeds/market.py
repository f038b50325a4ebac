"""The public views of one symbol, advanced together and rendered once per command."""

from collections.abc import Callable

from msgspec import Struct

from krakenbox.feeds import v1views, v2
from krakenbox.feeds.audiences import ViewKey
from krakenbox.feeds.candles import Candles, CandlesImage
from krakenbox.feeds.depth import Depth
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.level3 import BookImage, Level3
from krakenbox.feeds.spreads import Spread, Spreads
from krakenbox.feeds.ticker import Ticker, TickerImage
from krakenbox.feeds.trades import TradeImage, Trades
from krakenbox.feeds.v1depth import LevelTimes
from krakenbox.model.event import BookChanged, HistorySeeded, Traded
from krakenbox.model.fixed import rescale, to_text
from krakenbox.model.instrument import Instrument

Update = tuple[ViewKey, str]
"""A watched view and the text of its frame."""
Views = dict[int | str, ViewKey]
"""Watched views of one channel by their parameter."""
DollarPrice = Callable[[str], tuple[int, int] | None]
"""An asset -> its price in USD and the decimals of that, if it is known."""

WITH_DOLLARS = "+volume_usd"
"""Behind the trigger of a ticker that shows its volume in USD too."""
DOLLAR_DECIMALS = 2


class MarketImage(Struct, array_like=True):
    """One symbol's views in a snapshot; new fields go to the end with a default."""

    book: BookImage
    depth_changed: dict[int, int]
    """When each window of the book by level changed last."""
    trades: list[TradeImage]
    candles: CandlesImage
    ticker: TickerImage
    level_times: LevelTimes = ([], [])
    spreads: list[Spread] = []


class Market:
    """One symbol's views. `time_ns` of its listing stands in where nothing has happened yet."""

    __slots__ = (
        "_quoted",
        "_traded",
        "_watched",
        "candles",
        "depth",
        "dollar_price",
        "instrument",
        "ladders",
        "level3",
        "spreads",
        "ticker",
        "trades",
        "v1",
    )

    def __init__(self, instrument: Instrument, time_ns: int) -> None:
        self.instrument = instrument
        """As listed last; precisions never change."""
        self.ladders = Ladders()
        self.depth = Depth(instrument, self.ladders, time_ns)
        self.level3 = Level3(instrument, self.ladders, time_ns)
        self.trades = Trades()
        self.candles = Candles()
        self.ticker = Ticker(self.ladders, time_ns)
        self.spreads = Spreads(self.ladders)
        self.v1 = v1views.Views(instrument, self.ladders, self.ticker, self.trades, self.candles)
        self._watched: dict[str, Views] = {}
        self.dollar_price: DollarPrice = _unknown
        """Of the quote asset."""
        # What the running command did.
        self._traded: list[Traded] = []
        self._quoted = False

    def change_book(self, event: BookChanged) -> None:
        """Take in one change of the visible book."""
        ladder = self.ladders.apply(event)
        self.depth.apply(event)
        self.level3.apply(event)
        self.v1.change_book(event)
        if ladder.rank == 0:
            self.ticker.quote(event.time_ns)
            self._quoted = True

    def trade(self, event: Traded) -> None:
        """Take in one trade."""
        self.trades.apply(event)
        self.candles.apply(event)
        self.ticker.trade(event)
        self.v1.trade(event)
        self._traded.append(event)

    def seed(self, event: HistorySeeded) -> None:
        """Take in a past."""
        self.trades.seed(event)
        self.candles.seed(event)
        self.ticker.seed(event)

    def capture(self) -> MarketImage:
        """The state of every view, between two commands."""
        return MarketImage(
            self.level3.capture(),
            self.depth.changes.capture(),
            self.trades.capture(),
            self.candles.capture(),
            self.ticker.capture(),
            self.v1.capture(),
            self.spreads.capture(),
        )

    def restore(self, image: MarketImage) -> None:
        """Take a state on that nobody has seen yet."""
        symbol = self.instrument.symbol
        self.level3.restore(symbol, image.book)
        self.depth.changes.restore(image.depth_changed)
        self.trades.restore(symbol, image.trades)
        self.candles.restore(image.candles)
        self.ticker.restore(image.ticker)
        self.spreads.restore(image.spreads)
        self.v1.restore(image.level_times)

    def watch(self, view: ViewKey) -> None:
        """Somebody sees this view from now on."""
        if view.channel.startswith(v1views.PREFIX):
            self.v1.watch(view)
            return
        if view.channel == "ticker" and "ticker" not in self._watched:
            self.ticker.moved()  # prices that moved while nobody watched pull no trigger
        views = {**self._watched.get(view.channel, {}), view.param: view}
        # In an order of their own, so that no order of frames tells who came first.
        self._watched[view.channel] = dict(sorted(views.items(), key=lambda each: str(each[0])))
        if view.channel == "book":
            self.depth.watch(int(view.param))
        elif view.channel == "level3":
            self.level3.watch(int(view.param))

    def unwatch(self, view: ViewKey) -> None:
        """Nobody sees this view any more."""
        if view.channel.startswith(v1views.PREFIX):
            self.v1.unwatch(view)
            return
        params = self._watched[view.channel]
        del params[view.param]
        if not params:
            del self._watched[view.channel]
        if view.channel == "book":
            self.depth.unwatch(int(view.param))
        elif view.channel == "level3":
            self.level3.unwatch(int(view.param))

    def updates(self, time_ns: int) -> list[Update]:
        """Frames of what changed since the last call, one per watched view."""
        watched, instrument = self._watched, self.instrument
        trades, quoted = self._traded, self._quoted
        if trades:
            self._traded = []
        self._quoted = False
        if quoted:
            self.spreads.note(time_ns)
        updates = self.v1.updates(trades, quoted, time_ns) if self.v1 else []
        if not watched:
            return updates
        if trades and "trade" in watched:
            updates.append((watched["trade"][0], v2.trades("update", trades, instrument)))
        if "book" in watched:
            views, depth = watched["book"], self.depth
            for levels, bids, asks in depth.updates():
                updates.append((views[levels], v2.book_update(depth, bids, asks, instrument, time_ns)))
        if "level3" in watched:
            views, level3 = watched["level3"], self.level3
            for levels, bids, asks in level3.updates():
                updates.append((views[levels], v2.level3_update(level3, bids, asks, instrument, time_ns)))
        if (trades or quoted) and "ticker" in watched:
            updates += self._ticker_updates(watched["ticker"], bool(trades), time_ns)
        if trades and "ohlc" in watched:
            updates += self._candle_updates(watched["ohlc"], time_ns)
        return updates

    def _ticker_updates(self, views: Views, traded: bool, time_ns: int) -> list[Update]:
        triggers = (("trades", traded), ("bbo", self.ticker.moved()))
        pulled = [
            (views[param], bool(shown))
            for trigger, is_pulled in triggers
            for shown in ("", WITH_DOLLARS)
            if is_pulled and (param := trigger + shown) in views
        ]
        if not pulled:
            return []
        self.ticker.roll(time_ns)
        texts = {shown: self._ticker_text("update", shown) for shown in {shown for _, shown in pulled}}
        return [(view, texts[shown]) for view, shown in pulled]

    def _ticker_text(self, kind: str, with_dollars: bool) -> str:
        return v2.ticker(kind, self.ticker, self.instrument, self._dollars() if with_dollars else "")

    def _dollars(self) -> str:
        """The day's volume at the last prices; empty where the quote asset has none."""
        found = self.dollar_price(self.instrument.quote)
        if found is None:
            return ""
        price, decimals = found
        exact = self.ticker.qty * self.ticker.last * price
        volume = rescale(exact, self.instrument.exact_decimals + decimals, DOLLAR_DECIMALS)
        return to_text(volume, DOLLAR_DECIMALS)

    def _candle_updates(self, views: Views, time_ns: int) -> list[Update]:
        updates: list[Update] = []
        for minutes, view in views.items():
            candle = self.candles.running(int(minutes))
            updates.append((view, v2.candles("update", int(minutes), [candle], self.instrument, time_ns)))
        return updates

    def snapshot(self, view: ViewKey, now_ns: int) -> str:
        """The whole of one view. Reading a ticker drops the minutes that are older than a day now."""
        instrument, param = self.instrument, view.param
        if view.channel.startswith(v1views.PREFIX):
            return self.v1.snapshot(view, now_ns)
        match view.channel:
            case "book":
                return v2.book_snapshot(self.depth, int(param), instrument)
            case "level3":
                return v2.level3_snapshot(self.level3, int(param), instrument)
            case "trade":
                return v2.trades("snapshot", self.trades.snapshot(), instrument)
            case "ohlc":
                candles = self.candles.snapshot(int(param), now_ns)
                return v2.candles("snapshot", int(param), candles, instrument, now_ns)
            case "ticker":
                self.ticker.roll(now_ns)
                return self._ticker_text("snapshot", str(param).endswith(WITH_DOLLARS))
        raise AssertionError(f"channel must be one with symbols; was {view.channel}")


def _unknown(asset: str) -> None:
    return None
