"""Events to rows: what a transaction writes, worked out without a database.

A recorder gathers the rows of what the sieve kept, until somebody takes the batch.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct, field

from krakenbox.history.candles import Candles
from krakenbox.history.schema import PLACE_BITS
from krakenbox.history.sieve import Kept, note_house
from krakenbox.model.command import Bar
from krakenbox.model.event import (
    AccountOpened,
    AssetListed,
    BalancePosted,
    HistorySeeded,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderEdited,
    OrderFilled,
    OrderOpened,
    Traded,
    TriggerChanged,
)
from krakenbox.model.fixed import to_text
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms

Value = str | int | bool | None
Row = tuple[Value, ...]
Changes = dict[str, Value]
"""Column to value."""

_encode = msgspec.json.Encoder().encode


class Scales(Struct, frozen=True, gc=False):
    """Decimals of one market's prices, quantities and costs."""

    base: str
    price: int
    qty: int
    cost: int


class Known(Struct):
    """What the database knows of what is listed: where a recorder goes on from."""

    assets: dict[str, int] = field(default_factory=dict)
    """Decimals by asset."""
    scales: dict[str, Scales] = field(default_factory=dict)
    """By symbol."""
    house: set[AccountId] = field(default_factory=set)
    candles: dict[str, list[Bar]] = field(default_factory=dict)
    """The latest candle of each interval, by symbol."""


class Batch(Struct):
    """What one transaction writes: everything up to and with command `seq`."""

    seq: int = 0
    time_ns: int = 0
    inserted: dict[str, list[Row]] = field(default_factory=dict)
    """New rows by table, in the order of its columns."""
    opened: dict[OrderId, Changes] = field(default_factory=dict)
    """New orders, with what became of them since."""
    changed: dict[OrderId, Changes] = field(default_factory=dict)
    """What became of orders that an earlier batch wrote."""
    candles: list[Row] = field(default_factory=list)
    last_trades: dict[str, int] = field(default_factory=dict)
    """Number of the latest trade, by symbol."""

    def __bool__(self) -> bool:
        return bool(self.inserted or self.opened or self.changed or self.candles)


class Recorder:
    """Makes rows of the events that a sieve kept. Outcomes come in order; what came before is passed over."""

    def __init__(self, known: Known, seq: int) -> None:
        self.seq = seq
        """Last command whose rows were made."""
        self.house = known.house
        self._assets = known.assets
        self._scales = known.scales
        self._candles = {symbol: Candles(bars) for symbol, bars in known.candles.items()}
        self._batch = Batch()
        self._size = 0
        self._id = 0
        """Of the event that is being recorded."""

    @property
    def size(self) -> int:
        """Events in the batch."""
        return self._size

    def record(self, kept: Kept) -> None:
        """Add one outcome to the batch, unless it was recorded already."""
        if kept.seq <= self.seq:
            return
        self.advance(kept.seq, kept.time_ns)
        for place, event in kept.events:
            self._id = kept.seq << PLACE_BITS | place
            _RECORDERS[type(event)](self, event)
        self._size += len(kept.events)

    def advance(self, seq: int, time_ns: int) -> None:
        """Nothing is to be recorded up to and with this command."""
        if seq > self.seq:
            self.seq = self._batch.seq = seq
            self._batch.time_ns = time_ns

    def take(self) -> Batch:
        """The batch; begins another one."""
        batch, self._batch, self._size = self._batch, Batch(), 0
        batch.candles = [
            self._candle(symbol, bar) for symbol in batch.last_trades for bar in self._changed(symbol)
        ]
        return batch

    # --- one method per event

    def _accepted(self, event: OrderAccepted) -> None:
        terms, scales = event.terms, self._scales[event.terms.symbol]
        trigger = to_text(event.trigger_price, scales.price)
        self._batch.opened[event.order_id] = {
            "id": self._id,
            "order_id": event.order_id,
            "account": event.account,
            "symbol": terms.symbol,
            "side": terms.side.value,
            "order_type": terms.order_type.value,
            "time_in_force": terms.time_in_force.value,
            "cl_ord_id": terms.cl_ord_id,
            "userref": terms.userref,
            "status": OrderStatus.PENDING_NEW.value,
            "reason": "",
            "opened_ns": event.time_ns,
            "closed_ns": None,
            "qty": to_text(terms.qty, scales.qty),
            "cash_qty": to_text(terms.cash_qty, scales.cost),
            "display_qty": to_text(terms.display_qty, scales.qty),
            "limit_price": to_text(terms.limit_price, scales.price),
            "trigger_price": trigger,
            "first_trigger_price": trigger,
            "triggered": False,
            "amended": False,
            "cum_qty": to_text(0, scales.qty),
            "cum_cost": to_text(0, scales.cost),
            "avg_price": to_text(0, scales.price),
            "fee_usd": to_text(0, scales.cost),
            "parent_id": event.parent_id,
            "replaces": "",
            "terms": _encoded(terms),
            "amended_terms": "",
        }

    def _opened(self, event: OrderOpened) -> None:
        self._order(event.order_id)["status"] = OrderStatus.NEW.value

    def _filled(self, event: OrderFilled) -> None:
        terms, scales = event.terms, self._scales[event.terms.symbol]
        fee_decimals = scales.qty if event.fee_asset == scales.base else scales.cost
        self._insert(
            "fills",
            self._id,
            event.exec_id,
            event.account,
            event.order_id,
            terms.symbol,
            terms.side.value,
            terms.order_type.value,
            event.time_ns,
            event.trade_id,
            to_text(event.price, scales.price),
            to_text(event.qty, scales.qty),
            to_text(event.cost, scales.cost),
            to_text(event.fee, fee_decimals),
            event.fee_asset,
            to_text(event.fee_usd, scales.cost),
            event.maker,
        )
        order = self._order(event.order_id)
        order["status"] = OrderStatus.PARTIALLY_FILLED.value
        self._total(order, event, scales)

    def _closed(self, event: OrderClosed) -> None:
        scales = self._scales[event.terms.symbol]
        order = self._order(event.order_id)
        order["status"], order["reason"] = event.status.value, event.reason.value
        order["closed_ns"] = event.time_ns
        order["fee_usd"] = to_text(event.fee_usd, scales.cost)
        self._total(order, event, scales)

    def _amended(self, event: OrderAmended) -> None:
        scales = self._scales[event.terms.symbol]
        changed: Changes = {
            "qty": to_text(event.qty, scales.qty),
            "display_qty": to_text(event.display_qty, scales.qty),
            "limit_price": to_text(event.limit_price, scales.price),
            "trigger_price": to_text(event.trigger_price, scales.price),
        }
        self._insert(
            "amends",
            self._id,
            event.amend_id,
            event.account,
            event.order_id,
            event.time_ns,
            "user" if event.amend_id else "restated",
            event.reason.value,
            changed["qty"],
            to_text(event.cum_qty, scales.qty),
            changed["display_qty"],
            changed["limit_price"],
            changed["trigger_price"],
        )
        order = self._order(event.order_id)
        order.update(changed)
        order["amended"], order["amended_terms"] = True, _encoded(event.terms)

    def _edited(self, event: OrderEdited) -> None:
        self._order(event.order_id)["replaces"] = event.original_order_id

    def _trigger_changed(self, event: TriggerChanged) -> None:
        order = self._order(event.order_id)
        order["trigger_price"] = to_text(event.trigger_price, self._scales[event.terms.symbol].price)
        order["triggered"] = event.triggered
        order["status"] = event.status.value

    def _posted(self, event: BalancePosted) -> None:
        decimals = self._assets[event.asset]
        self._insert(
            "ledger",
            self._id,
            event.ledger_id,
            event.account,
            event.asset,
            event.kind.value,
            event.ref_id,
            event.time_ns,
            to_text(event.amount, decimals),
            to_text(event.fee, decimals),
            to_text(event.balance, decimals),
        )

    def _traded(self, event: Traded) -> None:
        self._trade(event)
        self._candles[event.symbol].apply(event)

    def _seeded(self, event: HistorySeeded) -> None:
        self._batch.last_trades.setdefault(event.symbol, 0)
        for number, past in enumerate(event.trades, event.first_trade_id):
            side, kind = past.taker_side, past.taker_type
            self._trade(Traded(past.time_ns, event.symbol, number, past.price, past.qty, side, kind))
        self._candles[event.symbol].seed(event)

    def _account_opened(self, event: AccountOpened) -> None:
        note_house(self.house, event)
        self._insert("accounts", event.account, event.tier.value)

    def _asset_listed(self, event: AssetListed) -> None:
        asset = event.asset
        self._assets[asset.asset] = asset.decimals
        self._insert("assets", asset.asset, asset.rest_id, asset.decimals)

    def _instrument_listed(self, event: InstrumentListed) -> None:
        i = event.instrument
        self._scales[i.symbol] = Scales(i.base, i.price_decimals, i.qty_decimals, i.cost_decimals)
        self._candles.setdefault(i.symbol, Candles())
        decimals = (i.price_decimals, i.qty_decimals, i.cost_decimals)
        self._insert("instruments", i.symbol, i.rest_id, i.altname, i.base, i.quote, *decimals)

    # --- what they share

    def _insert(self, table: str, *row: Value) -> None:
        self._batch.inserted.setdefault(table, []).append(row)

    def _order(self, order_id: OrderId) -> Changes:
        batch = self._batch
        return batch.opened.get(order_id) or batch.changed.setdefault(order_id, {})

    @staticmethod
    def _total(order: Changes, event: OrderFilled | OrderClosed, scales: Scales) -> None:
        order["cum_qty"] = to_text(event.cum_qty, scales.qty)
        order["cum_cost"] = to_text(event.cum_cost, scales.cost)
        order["avg_price"] = to_text(event.avg_price, scales.price)

    def _trade(self, trade: Traded) -> None:
        scales = self._scales[trade.symbol]
        self._batch.last_trades[trade.symbol] = trade.trade_id
        self._insert(
            "trades",
            trade.symbol,
            trade.trade_id,
            trade.time_ns,
            to_text(trade.price, scales.price),
            to_text(trade.qty, scales.qty),
            trade.taker_side.value,
            trade.taker_type.value,
        )

    def _changed(self, symbol: str) -> list[Bar]:
        return self._candles[symbol].take()

    def _candle(self, symbol: str, bar: Bar) -> Row:
        scales = self._scales[symbol]
        prices = (to_text(price, scales.price) for price in (bar.open, bar.high, bar.low, bar.close))
        qty, cost = to_text(bar.qty, scales.qty), to_text(bar.cost, scales.price + scales.qty)
        return (symbol, bar.minutes, bar.begin_ns, *prices, qty, cost, bar.trades)


def _encoded(terms: OrderTerms) -> str:
    return _encode(terms).decode()


_RECORDERS: dict[type, Callable[..., None]] = {
    OrderAccepted: Recorder._accepted,
    OrderOpened: Recorder._opened,
    OrderFilled: Recorder._filled,
    OrderClosed: Recorder._closed,
    OrderAmended: Recorder._amended,
    OrderEdited: Recorder._edited,
    TriggerChanged: Recorder._trigger_changed,
    BalancePosted: Recorder._posted,
    Traded: Recorder._traded,
    HistorySeeded: Recorder._seeded,
    AccountOpened: Recorder._account_opened,
    AssetListed: Recorder._asset_listed,
    InstrumentListed: Recorder._instrument_listed,
}
