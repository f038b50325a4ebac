"""Market data by REST: `Ticker`, `OHLC`, `Trades` and `Spread`.

Kraken, REST reference and recordings: everything about prices and quantities is a string, except what counts.
A wrong value is refused without the name of its field (measured of `OHLC`).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec import Raw

from krakenbox.errors import ProtocolError
from krakenbox.feeds import v1
from krakenbox.feeds.candles import INTERVALS, KEPT, MINUTE_NS, Candle
from krakenbox.feeds.market import Market
from krakenbox.feeds.spreads import Spread
from krakenbox.gateway.listings import find_pair, pair_key, pair_names
from krakenbox.gateway.restfigures import one_of, price_text, qty_text, time_ns, tokenized, unix, within
from krakenbox.gateway.restmethod import Answer, Look, Query, answered
from krakenbox.history import queries
from krakenbox.model.event import Traded
from krakenbox.model.fixed import Price, Qty, to_text
from krakenbox.model.instrument import Instrument, PairStatus
from krakenbox.model.order import OrderType, Side
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import encode_result
from krakenbox.protocol.timestamp import NS_PER_SECOND

MAX_TRADES = 1_000
"""Trades of one answer (Kraken, REST Trades)."""

_SIDES = {Side.BUY: "b", Side.SELL: "s"}
_TYPES = {OrderType.MARKET: "m"}
_DAY_MINUTES = 1_440
_NOTHING = Candle(0, Price(0), Price(0), Price(0), Price(0), Qty(0), 0, 0)
_LOT_DECIMALS = 3
_TRADE_DECIMALS = 7
"""Of a trade's time (recorded: 1688669597.8277369)."""

Row = dict[str, Any]


# --- Ticker


def ticker(query: Query) -> Answer:
    """Figures of today and of the past 24 hours, of some pairs or all."""
    table = query.hub.reference.table
    named = pair_names(table, query.fields)
    if tokenized(query.fields):
        if named is not None:
            raise ProtocolError(Reject.UNKNOWN_PAIR)
        named = {}
    if named is None:
        listed = [i for i in table.instruments.values() if i.status is not PairStatus.DELISTED]
        named = {i.rest_id: i for i in listed}
    return answered({key: _ticker(query.hub.market(i.symbol), query.now_ns) for key, i in named.items()})


def _ticker(market: Market, now_ns: int) -> Row:
    view, instrument = market.ticker, market.instrument
    view.roll(now_ns)
    today = _today(market, now_ns)
    prices = v1.Prices(instrument)
    bids, asks = market.ladders.bids, market.ladders.asks
    return {
        "a": _best(asks.best, asks.best_qty, instrument),
        "b": _best(bids.best, bids.best_qty, instrument),
        "c": [prices.text(view.last), qty_text(view.last_qty, instrument)],
        "v": [qty_text(today.qty, instrument), qty_text(view.qty, instrument)],
        "p": [prices.average(today.cost, today.qty), prices.average(view.cost, view.qty)],
        "t": [today.trades, view.trades],
        "l": [prices.text(today.low), prices.text(view.low)],
        "h": [prices.text(today.high), prices.text(view.high)],
        "o": prices.text(today.open),
    }


def _today(market: Market, now_ns: int) -> Candle:
    """The running candle of a day, which begins at midnight UTC; an empty one before its first trade."""
    day = next(market.candles.latest(_DAY_MINUTES), None)
    begin_ns = now_ns - now_ns % (_DAY_MINUTES * MINUTE_NS)
    return day if day is not None and day.begin_ns == begin_ns else _NOTHING


def _best(price: Price, qty: Qty, instrument: Instrument) -> list[str]:
    """Price, then the quantity in whole lots, twice (recorded: "17", "17.000")."""
    lots = -(-qty // 10**instrument.qty_decimals)
    return [price_text(price, instrument), str(lots), to_text(lots * 10**_LOT_DECIMALS, _LOT_DECIMALS)]


# --- OHLC


def ohlc(query: Query) -> Answer:
    """The newest candles of one interval, the running one last; spans without trades have one too."""
    key, instrument = _pair(query)
    minutes = one_of(query.fields, "interval", INTERVALS, 1)
    span_ns = minutes * MINUTE_NS
    since_ns = _since(query)
    running_ns = query.now_ns - query.now_ns % span_ns
    rows = []
    for begin_ns, candle, close in _spans(query.hub.market(instrument.symbol), minutes, running_ns):
        if begin_ns <= since_ns:
            break
        rows.append(_candle(begin_ns, candle, close, instrument))
    return answered({key: rows[::-1], "last": (running_ns - span_ns) // NS_PER_SECOND})


def _spans(market: Market, minutes: int, running_ns: int) -> Iterator[tuple[int, Candle | None, Price]]:
    """Begin, candle if there were trades, and last price of each span, newest first."""
    begin_ns, count = running_ns, 0
    for candle in market.candles.latest(minutes):
        while begin_ns > candle.begin_ns and count < KEPT:
            yield begin_ns, None, candle.close
            begin_ns, count = begin_ns - minutes * MINUTE_NS, count + 1
        if count == KEPT:
            return
        yield candle.begin_ns, candle, candle.close
        begin_ns, count = candle.begin_ns - minutes * MINUTE_NS, count + 1


def _candle(begin_ns: int, candle: Candle | None, close: Price, instrument: Instrument) -> list[Any]:
    decimals = instrument.price_decimals
    prices = (close, close, close, close, Price(0))
    qty, trades = Qty(0), 0
    if candle is not None:
        prices = (candle.open, candle.high, candle.low, candle.close, candle.vwap)
        qty, trades = candle.qty, candle.trades
    texts = [to_text(price, decimals) for price in prices]
    return [begin_ns // NS_PER_SECOND, *texts, qty_text(qty, instrument), trades]


# --- Trades


def trades(query: Query) -> Answer:
    """The latest trades or, with `since`, the first ones after it, looked up if they are too old."""
    key, instrument = _pair(query)
    count = within(query.fields, "count", MAX_TRADES, MAX_TRADES)
    latest = query.hub.market(instrument.symbol).trades.latest
    tell = partial(_trades, key, instrument, query)
    if not query.fields.get("since"):
        return Answer(body=tell(list(latest)[-count:]))
    since_ns = _since(query)
    if not latest or latest[0].trade_id == 1 or latest[0].time_ns <= since_ns:
        return Answer(body=tell(_page([each for each in latest if each.time_ns > since_ns], count)))
    find = partial(queries.trades, symbol=instrument.symbol, since_ns=since_ns, limit=MAX_TRADES + 1)
    return Answer(look=Look(find, lambda found: tell(_page(found, count))))


def _page(found: list[Traded], count: int) -> list[Traded]:
    """The first so many; trades of one moment stay together, even if they are more.

    A taker's trades share their time (recorded), and `last`, a time, is all that says where the next page
    begins: what a page cut off behind it would never be told.
    """
    if len(found) <= count:
        return found
    next_ns = found[count].time_ns
    before = [each for each in found[:count] if each.time_ns < next_ns]
    return before or [each for each in found[:MAX_TRADES] if each.time_ns == next_ns]


def _trades(key: str, instrument: Instrument, query: Query, found: list[Traded]) -> bytes:
    last_ns = found[-1].time_ns if found else _since(query) or query.now_ns
    return encode_result({key: [_trade(each, instrument) for each in found], "last": str(last_ns)})


def _trade(trade: Traded, instrument: Instrument) -> list[str | int | Raw]:
    return [
        price_text(trade.price, instrument),
        qty_text(trade.qty, instrument),
        unix(trade.time_ns, _TRADE_DECIMALS),
        _SIDES[trade.taker_side],
        _TYPES.get(trade.taker_type, "l"),
        "",
        trade.trade_id,
    ]


# --- Spread


def spread(query: Query) -> Answer:
    """The latest best prices; from the second of `since` on, for several may be of one second."""
    key, instrument = _pair(query)
    since_ns = _since(query)
    latest = query.hub.market(instrument.symbol).spreads.latest
    rows = [_spread(each, instrument) for each in latest if each.time_ns >= since_ns]
    last = latest[-1].time_ns if latest else query.now_ns
    return answered({key: rows, "last": last // NS_PER_SECOND})


def _spread(each: Spread, instrument: Instrument) -> list[str | int]:
    return [
        each.time_ns // NS_PER_SECOND,
        price_text(each.bid, instrument),
        price_text(each.ask, instrument),
    ]


# --- requests


def _pair(query: Query) -> tuple[str, Instrument]:
    """The one pair that is asked for, and what the answer calls it."""
    name = query.fields.get("pair")
    if not name:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    if tokenized(query.fields):
        raise ProtocolError(Reject.UNKNOWN_PAIR)
    instrument = find_pair(query.hub.reference.table, name)
    return pair_key(name, instrument), instrument


def _since(query: Query) -> int:
    """The time of `since`; 0 without one."""
    text = query.fields.get("since")
    found = time_ns(text) if text else 0
    if found is None:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    return found
