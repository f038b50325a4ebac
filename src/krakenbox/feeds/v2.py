"""Views to the channel text of API version 2: values printed at the precision of their instrument.

The templates are `protocol.v2`'s. Whoever calls joins, caches and frames.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from krakenbox.feeds.candles import MINUTE_NS, Candle
from krakenbox.feeds.depth import Depth
from krakenbox.feeds.level3 import Level3
from krakenbox.feeds.ticker import Ticker
from krakenbox.model.event import (
    BalancePosted,
    IcebergRefilled,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    Traded,
    TriggerChanged,
)
from krakenbox.model.fixed import Amount, Cost, Price, Qty, to_text
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import (
    Conditional,
    FeePreference,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    PriceType,
)
from krakenbox.protocol.timestamp import micros, nanos
from krakenbox.protocol.v2 import balances, channels, private_channels

NO_PARENT = OrderId("")
"""Of an order that a request entered."""
_PCT_DECIMALS = 2
_COUNTER_DECIMALS = 3
_OFFSET_PCT_DECIMALS = 6
"""Of a percentage in `PCT_UNIT`s."""
_LIMITED = frozenset(kind for kind in OrderType if kind.working is OrderType.LIMIT)


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


def ticker(kind: str, view: Ticker, instrument: Instrument, volume_usd: str = "") -> str:
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
            volume_usd=volume_usd,
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


class Watch(Struct, array_like=True, gc=False):
    """How far a trigger has come. Part of snapshots of the views: new fields go to the end with a default."""

    trigger_price: Price
    """What it comes to; 0 until a scheduled order starts."""
    peak_price: Price
    """Of a trailing type; else 0."""
    last_price: Price = Price(0)
    """The reference that moved or fired it; 0 = none has."""
    fired_ns: int = 0


class Standing(Struct, gc=False):
    """How an open order stands."""

    status: OrderStatus
    time_ns: int
    """Of its latest change."""
    filled: OrderFilled | None = None
    """Its latest fill."""
    fee_usd: Cost = Cost(0)
    """Fees of all its fills."""
    amended: bool = False
    shown: Qty = Qty(0)
    """What an iceberg shows now; 0 of all others."""
    fee: int = 0
    """Fees of all its fills, as each fill counts them: by the decimals of cost or, in base, of quantity."""


def order(
    order_id: OrderId,
    terms: OrderTerms,
    instrument: Instrument,
    parent_id: OrderId = NO_PARENT,
    watch: Watch | None = None,
) -> private_channels.OrderText:
    """What every row of one order repeats; make it once per order, and again when it changes."""
    price_decimals, cost_decimals = instrument.price_decimals, instrument.cost_decimals
    qty_decimals, has_limit = instrument.qty_decimals, terms.order_type in _LIMITED
    return private_channels.OrderText(
        order_id=order_id,
        identity=private_channels.identity(_quoted(terms.cl_ord_id), terms.userref),
        symbol=terms.symbol,
        side=terms.side.value,
        order_type=terms.order_type.value,
        order_qty=to_text(terms.qty, qty_decimals),
        time_in_force=terms.time_in_force.value.upper(),
        limit_price=_price(terms.limit_price, terms.limit_price_type, price_decimals) if has_limit else "",
        limit_price_type=terms.limit_price_type.value,
        stop_price=to_text(watch.trigger_price if watch is not None else 0, price_decimals),
        trigger=_trigger(terms, watch, price_decimals) if watch is not None else None,
        contingent=_contingent(terms.conditional, price_decimals) if terms.conditional is not None else "",
        display_qty=to_text(terms.display_qty, qty_decimals) if terms.display_qty else "",
        cash_order_qty=to_text(terms.cash_qty, cost_decimals) if terms.cash_qty else "",
        effective_time=micros(terms.effective_ns) if terms.effective_ns else "",
        expire_time=micros(terms.expire_ns) if terms.expire_ns else "",
        parent_id=parent_id,
        sender_sub_id=_quoted(terms.sender_sub_id),
        post_only=terms.post_only,
        fee_ccy_pref="fcib" if terms.fee_preference is FeePreference.BASE else "fciq",
    )


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode() if text else ""


def _price(value: int, price_type: PriceType, price_decimals: int) -> str:
    """A price or an offset as it was entered."""
    return to_text(value, _OFFSET_PCT_DECIMALS if price_type is PriceType.PCT else price_decimals)


def _trigger(terms: OrderTerms, watch: Watch, price_decimals: int) -> private_channels.TriggerText:
    trigger = terms.trigger
    assert trigger is not None, "only an order with a trigger is watched"
    # Recorded: a price that is its own trigger is not told twice before anything happens to it.
    told = watch.trigger_price if trigger.price_type is not PriceType.STATIC or watch.last_price else 0
    prices = (told, watch.peak_price, watch.last_price)
    actual, peak, last = (to_text(price, price_decimals) if price else "" for price in prices)
    return private_channels.TriggerText(
        reference=trigger.reference.value,
        price=_price(trigger.price, trigger.price_type, price_decimals),
        price_type=trigger.price_type.value,
        actual_price=actual,
        peak_price=peak,
        last_price=last,
        timestamp=micros(watch.fired_ns) if watch.fired_ns else "",
    )


def _contingent(conditional: Conditional, price_decimals: int) -> str:
    limit, trigger = None, conditional.trigger
    if conditional.order_type in _LIMITED:
        kind = conditional.limit_price_type
        limit = (_price(conditional.limit_price, kind, price_decimals), kind.value)
    fires = None
    if trigger is not None:
        fires = (_price(trigger.price, trigger.price_type, price_decimals), trigger.price_type.value)
    return private_channels.contingent(conditional.order_type.value, fires, limit)


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


def amended(
    text: private_channels.OrderText, event: OrderAmended, standing: Standing, instrument: Instrument
) -> str:
    """Row of an open order that changed."""
    # Amends that nobody asked for have no id.
    exec_type = "amended" if event.amend_id else "restated"
    return private_channels.amended(text, exec_type, _standing(standing, instrument), event.reason.value)


def status(text: private_channels.OrderText, event: TriggerChanged) -> str:
    """Row of a trigger that moved or fired."""
    return private_channels.status(text, event.status.value, micros(event.time_ns))


def refilled(text: private_channels.OrderText, event: IcebergRefilled, instrument: Instrument) -> str:
    """Row of an iceberg that shows its next part."""
    shown = to_text(event.display_qty_remain, instrument.qty_decimals)
    return private_channels.iceberg_refill(text, event.status.value, shown, micros(event.time_ns))


def open_order(text: private_channels.OrderText, standing: Standing, instrument: Instrument) -> str:
    """Row of an open order in a snapshot."""
    return private_channels.open_order(text, _standing(standing, instrument))


def _standing(standing: Standing, instrument: Instrument) -> private_channels.StandingText:
    shown = to_text(standing.shown, instrument.qty_decimals) if standing.shown else ""
    return private_channels.StandingText(
        order_status=standing.status.value,
        totals=_totals(standing.filled, standing.fee_usd, instrument),
        amended=standing.amended,
        display_qty_remain=shown,
        timestamp=micros(standing.time_ns),
    )


def counted(row: str, counter_milli: int) -> str:
    """A row with the trading counter, in thousandths, of its pair."""
    return private_channels.counted(row, to_text(counter_milli, _COUNTER_DECIMALS))


def _fill(event: OrderFilled, instrument: Instrument) -> private_channels.FillText:
    cost_decimals = instrument.cost_decimals
    fee_decimals = instrument.qty_decimals if event.fee_asset == instrument.base else cost_decimals
    return private_channels.FillText(
        exec_id=event.exec_id,
        trade_id=event.trade_id,
        last_qty=to_text(event.qty, instrument.qty_decimals),
        last_price=to_text(event.price, instrument.price_decimals),
        liquidity="m" if event.maker else "t",
        cost=to_text(event.cost, cost_decimals),
        fee_asset=event.fee_asset,
        fee=to_text(event.fee, fee_decimals),
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
    return balances.ledger_row(
        balances.LedgerText(
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
    return balances.balance_row(asset.asset, asset.asset_class, to_text(balance, asset.decimals))
