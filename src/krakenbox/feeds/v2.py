"""Views to the channel text of API version 2: values printed at the precision of their instrument.

The templates are `protocol.v2`'s. Whoever calls joins, caches and frames.
"""

from collections.abc import Iterable

import msgspec

from krakenbox.feeds.candles import MINUTE_NS, Candle
from krakenbox.feeds.depth import Depth
from krakenbox.feeds.level3 import Level3
from krakenbox.feeds.ticker import Ticker
from krakenbox.model.event import BalancePosted, OrderClosed, OrderFilled, Traded
from krakenbox.model.fixed import Amount, Cost, to_text
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import FeePreference, OrderId, OrderStatus, OrderTerms
from krakenbox.protocol.timestamp import micros, nanos
from krakenbox.protocol.v2 import channels, private_channels

_PCT_DECIMALS = 2
_COUNTER_DECIMALS = 3


def book_update(view: Depth, bids: list[str], asks: list[str], instrument: Instrument, time_ns: int) -> str:
    """Update of channel `book`."""
    return channels.book("update", instrument.symbol, bids, asks, view.checksum(), micros(time_ns))


def book_snapshot(view: Depth, depth: int, instrument: Instrument) -> str:
    """Snapshot of channel `book`."""
    bids, asks = view.levels(depth)
    changed = micros(view.changes.of(depth))
    return channels.book("snapshot", instrument.symbol, bids, asks, view.checksum(), changed)


def level3_update(
    view: Level3, bids: list[str], asks: list[str], instrument: Instrument, time_ns: int
) -> str:
    """Update of channel `level3`."""
    return channels.level3_update(instrument.symbol, bids, asks, view.checksum(), nanos(time_ns))


def level3_snapshot(view: Level3, depth: int, instrument: Instrument) -> str:
    """Snapshot of channel `level3`."""
    bids, asks = view.orders(depth)
    changed = nanos(view.changes.of(depth))
    return channels.level3_snapshot(instrument.symbol, bids, asks, view.checksum(), changed)


def ticker(kind: str, view: Ticker, instrument: Instrument) -> str:
    """Frame of channel `ticker`; its time is the view's last change."""
    price_decimals, qty_decimals = instrument.price_decimals, instrument.qty_decimals
    bids, asks = view.ladders.bids, view.ladders.asks
    return channels.ticker(
        kind,
        channels.TickerRow(
            symbol=instrument.symbol,
            bid=to_text(bids.best, price_decimals),
            bid_qty=to_text(bids.best_qty, qty_decimals),
            ask=to_text(asks.best, price_decimals),
            ask_qty=to_text(asks.best_qty, qty_decimals),
            last=to_text(view.last, price_decimals),
            volume=to_text(view.qty, qty_decimals),
            vwap=to_text(view.vwap, price_decimals),
            low=to_text(view.low, price_decimals),
            high=to_text(view.high, price_decimals),
            change=to_text(view.change, price_decimals),
            change_pct=to_text(view.change_pct, _PCT_DECIMALS),
            trades=view.trades,
            timestamp=micros(view.time_ns),
        ),
    )


def trades(kind: str, listed: Iterable[Traded], instrument: Instrument) -> str:
    """Frame of channel `trade`."""
    return channels.trades(kind, [_trade(trade, instrument) for trade in listed])


def _trade(trade: Traded, instrument: Instrument) -> str:
    return channels.trade_row(
        channels.TradeRow(
            symbol=trade.symbol,
            side=trade.taker_side.value,
            price=to_text(trade.price, instrument.price_decimals),
            qty=to_text(trade.qty, instrument.qty_decimals),
            ord_type=trade.taker_type.value,
            trade_id=trade.trade_id,
            timestamp=micros(trade.time_ns),
        )
    )


def candles(kind: str, minutes: int, listed: Iterable[Candle], instrument: Instrument, time_ns: int) -> str:
    """Frame of channel `ohlc`."""
    rows = [_candle(candle, minutes, instrument) for candle in listed]
    return channels.ohlc(kind, rows, nanos(time_ns))


def _candle(candle: Candle, minutes: int, instrument: Instrument) -> str:
    price_decimals = instrument.price_decimals
    return channels.ohlc_row(
        channels.OhlcRow(
            symbol=instrument.symbol,
            open=to_text(candle.open, price_decimals),
            high=to_text(candle.high, price_decimals),
            low=to_text(candle.low, price_decimals),
            close=to_text(candle.close, price_decimals),
            trades=candle.trades,
            volume=to_text(candle.qty, instrument.qty_decimals),
            vwap=to_text(candle.vwap, price_decimals),
            interval_begin=nanos(candle.begin_ns),
            interval=minutes,
            timestamp=micros(candle.begin_ns + minutes * MINUTE_NS),
        )
    )


def order(order_id: OrderId, terms: OrderTerms, instrument: Instrument) -> private_channels.OrderText:
    """What every row of one order repeats; make it once per order."""
    price_decimals, cost_decimals = instrument.price_decimals, instrument.cost_decimals
    name = msgspec.json.encode(terms.cl_ord_id).decode() if terms.cl_ord_id else ""
    return private_channels.OrderText(
        order_id=order_id,
        identity=private_channels.identity(name, terms.userref),
        symbol=terms.symbol,
        side=terms.side.value,
        order_type=terms.order_type.value,
        order_qty=to_text(terms.qty, instrument.qty_decimals),
        time_in_force=terms.time_in_force.value.upper(),
        limit_price=to_text(terms.limit_price, price_decimals) if terms.limit_price else "",
        stop_price=to_text(0, price_decimals),
        cash_order_qty=to_text(terms.cash_qty, cost_decimals) if terms.cash_qty else "",
        expire_time=micros(terms.expire_ns) if terms.expire_ns else "",
        post_only=terms.post_only,
        fee_ccy_pref="fcib" if terms.fee_preference is FeePreference.BASE else "fciq",
    )


def pending_new(text: private_channels.OrderText, instrument: Instrument, time_ns: int) -> str:
    """Row of an accepted order."""
    return private_channels.pending_new(text, to_text(0, instrument.cost_decimals), micros(time_ns))


def opened(text: private_channels.OrderText, time_ns: int) -> str:
    """Row of an order that went live."""
    return private_channels.opened(text, micros(time_ns))


def filled(text: private_channels.OrderText, event: OrderFilled, instrument: Instrument) -> str:
    """Row of a fill."""
    return private_channels.fill(text, _fill(event, instrument), _totals(event, Cost(0), instrument))


def past_fill(event: OrderFilled, instrument: Instrument) -> str:
    """Row of a fill in a snapshot."""
    text = order(event.order_id, event.terms, instrument)
    return private_channels.past_fill(text, _fill(event, instrument))


def closed(text: private_channels.OrderText, event: OrderClosed, instrument: Instrument) -> str:
    """Row of an order that ended."""
    totals = _totals(event, event.fee_usd, instrument)
    return private_channels.closed(
        text, event.status.value, totals, event.reason.value, micros(event.time_ns)
    )


def open_order(
    text: private_channels.OrderText,
    latest: OrderFilled | None,
    fee_usd: Cost,
    instrument: Instrument,
    time_ns: int,
) -> str:
    """Row of an open order in a snapshot; `latest` is its latest fill."""
    status = OrderStatus.NEW if latest is None else OrderStatus.PARTIALLY_FILLED
    totals = _totals(latest, fee_usd, instrument)
    return private_channels.open_order(text, status.value, totals, micros(time_ns))


def counted(row: str, counter_milli: int) -> str:
    """A row with the trading counter, in thousandths, of its pair."""
    return private_channels.counted(row, to_text(counter_milli, _COUNTER_DECIMALS))


def _fill(event: OrderFilled, instrument: Instrument) -> private_channels.FillText:
    cost_decimals = instrument.cost_decimals
    return private_channels.FillText(
        exec_id=event.exec_id,
        trade_id=event.trade_id,
        last_qty=to_text(event.qty, instrument.qty_decimals),
        last_price=to_text(event.price, instrument.price_decimals),
        liquidity="m" if event.maker else "t",
        cost=to_text(event.cost, cost_decimals),
        fee_asset=event.fee_asset,
        fee=to_text(event.fee, cost_decimals),
        fee_usd=to_text(event.fee_usd, cost_decimals),
        timestamp=micros(event.time_ns),
    )


def _totals(
    event: OrderFilled | OrderClosed | None, fee_usd: Cost, instrument: Instrument
) -> private_channels.Totals:
    cum_qty, cum_cost, avg_price = (event.cum_qty, event.cum_cost, event.avg_price) if event else (0, 0, 0)
    return private_channels.Totals(
        to_text(cum_qty, instrument.qty_decimals),
        to_text(cum_cost, instrument.cost_decimals),
        to_text(avg_price, instrument.price_decimals),
        to_text(fee_usd, instrument.cost_decimals),
    )


def ledger_entry(event: BalancePosted, asset: Asset) -> str:
    """Row of a ledger entry."""
    return private_channels.ledger_row(
        private_channels.LedgerText(
            ledger_id=event.ledger_id,
            ref_id=event.ref_id,
            timestamp=micros(event.time_ns),
            kind=event.kind.value,
            asset=event.asset,
            asset_class=asset.asset_class,
            amount=to_text(event.amount, asset.decimals),
            fee=to_text(event.fee, asset.decimals),
            balance=to_text(event.balance, asset.decimals),
        )
    )


def held(asset: Asset, balance: Amount) -> str:
    """Row of an asset in a snapshot."""
    return private_channels.balance_row(asset.asset, asset.asset_class, to_text(balance, asset.decimals))
