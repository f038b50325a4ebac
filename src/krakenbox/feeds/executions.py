"""Own orders and fills (channel `executions`): what is open, the latest fills, and one row per event.

A row is made once and shared by all listeners of the account; only the `sequence` behind it is theirs.
"""

from collections import deque
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.feeds import v2
from krakenbox.feeds.streams import Streams, Subscriber
from krakenbox.model.command import OrderRef
from krakenbox.model.event import (
    IcebergRefilled,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    RateCounted,
    TriggerChanged,
)
from krakenbox.model.fixed import Cost, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms, PriceType, client_key
from krakenbox.protocol.v2.private_channels import OrderText, executions

SNAPSHOT_FILLS = 50
"""Fills in a snapshot, and so the fills remembered per account (Kraken, websocket-v2/executions)."""

OrderEvent = (
    OrderAccepted | OrderOpened | OrderFilled | OrderClosed | OrderAmended | TriggerChanged | IcebergRefilled
)
_ALWAYS_TOLD = (OrderOpened, OrderFilled, OrderClosed)
"""Also without `order_status`; the reference names no fills there, yet they must not be lost."""


class ExecutionOptions(Struct, frozen=True):
    """What a subscription asked for."""

    snap_orders: bool = True
    snap_trades: bool = False
    order_status: bool = True
    """False: only `new`, trades and ends."""
    ratecounter: bool = False
    """Rows carry the trading counter of their pair as it was last charged."""


class OpenOrder(Struct, gc=False):
    """An order that has not ended: how it was entered, and what it has come to."""

    entered: OrderAccepted
    terms: OrderTerms
    """As amended."""
    standing: v2.Standing
    watch: v2.Watch | None = None
    """Of an order with a trigger."""
    text: OrderText | None = None
    """What its rows repeat; made when somebody looks first, and again after a change."""

    def open(self, event: OrderOpened) -> None:
        """It is live."""
        self._change(OrderStatus.NEW, event.time_ns)

    def fill(self, event: OrderFilled) -> None:
        """It traded."""
        standing = self.standing
        self._change(OrderStatus.PARTIALLY_FILLED, event.time_ns)
        standing.filled = event
        standing.fee_usd = Cost(standing.fee_usd + event.fee_usd)
        if self.terms.display_qty:
            left = self.terms.qty - event.cum_qty
            standing.shown = Qty(standing.shown - event.qty if event.maker else min(standing.shown, left))

    def amend(self, event: OrderAmended) -> None:
        """It has other terms."""
        before, standing = self.terms, self.standing
        waits = standing.status is OrderStatus.PENDING_NEW
        # The limit of what trails stays an offset, however far it has come.
        static = event.terms.limit_price_type is PriceType.STATIC
        self.terms = replace(
            event.terms,
            qty=event.qty,
            display_qty=event.display_qty,
            limit_price=event.limit_price if static else event.terms.limit_price,
        )
        self._change(event.status, event.time_ns)
        standing.amended = True
        if event.display_qty:
            # Kraken, guide "spot amends": what keeps its place shows no more until it is refilled.
            moved = waits or event.qty > before.qty or event.limit_price != before.limit_price
            most = event.display_qty if moved else min(standing.shown, event.display_qty)
            standing.shown = Qty(min(most, event.qty - event.cum_qty))
        if self.watch is not None:
            self.watch.trigger_price = event.trigger_price
        self.text = None

    def watch_trigger(self, event: TriggerChanged) -> None:
        """Its trigger moved or fired."""
        watch = self.watch
        assert watch is not None, f"{event.order_id} has no trigger"
        watch.trigger_price, watch.peak_price = event.trigger_price, event.peak_price
        watch.last_price = event.last_price
        watch.fired_ns = event.time_ns if event.triggered else 0
        self._change(event.status, event.time_ns)
        self.text = None

    def refill(self, event: IcebergRefilled) -> None:
        """It shows its next part."""
        self._change(event.status, event.time_ns)
        self.standing.shown = event.display_qty_remain

    def _change(self, status: OrderStatus, time_ns: int) -> None:
        self.standing.status, self.standing.time_ns = status, time_ns


def _accepted(event: OrderAccepted) -> OpenOrder:
    terms = event.terms
    shown = Qty(min(terms.display_qty, terms.qty))
    standing = v2.Standing(OrderStatus.PENDING_NEW, event.time_ns, shown=shown)
    watch = v2.Watch(event.trigger_price, event.peak_price) if terms.trigger is not None else None
    return OpenOrder(event, terms, standing, watch)


class Orders:
    """One account's open orders, in order of entry, its latest fills, oldest first, and its counters."""

    __slots__ = ("counters", "fills", "names", "open")

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}
        """Trading counter by symbol, in thousandths, as it was last charged."""
        self.open: dict[OrderId, OpenOrder] = {}
        self.names: dict[str, OrderId] = {}
        """Open orders by `client_key`."""
        self.fills: deque[OrderFilled] = deque(maxlen=SNAPSHOT_FILLS)

    def apply(self, event: OrderEvent) -> OpenOrder:
        """Take in one event; the order it is about."""
        if isinstance(event, OrderAccepted):
            return self._accept(event)
        if isinstance(event, OrderClosed):
            return self._close(event)
        order = self.open[event.order_id]
        match event:
            case OrderOpened():
                order.open(event)
            case OrderFilled():
                order.fill(event)
                self.fills.append(event)
            case OrderAmended():
                order.amend(event)
            case TriggerChanged():
                order.watch_trigger(event)
            case IcebergRefilled():
                order.refill(event)
            case _:
                assert_never(event)
        return order

    def find(self, ref: OrderRef) -> OpenOrder | None:
        """The open order of an order id, or else of a `cl_ord_id`."""
        named = self.names.get(client_key(ref.cl_ord_id)) if ref.cl_ord_id else ref.order_id
        return self.open.get(named) if named is not None else None

    def _accept(self, event: OrderAccepted) -> OpenOrder:
        order = self.open[event.order_id] = _accepted(event)
        if event.terms.cl_ord_id:
            self.names[client_key(event.terms.cl_ord_id)] = event.order_id
        return order

    def _close(self, event: OrderClosed) -> OpenOrder:
        if event.terms.cl_ord_id:
            self.names.pop(client_key(event.terms.cl_ord_id), None)
        return self.open.pop(event.order_id)


class Executions:
    """Every account's orders, and who listens to them."""

    __slots__ = ("_accounts", "_instruments", "streams")

    def __init__(self, instruments: dict[str, Instrument]) -> None:
        self.streams: Streams[ExecutionOptions] = Streams()
        self._accounts: dict[AccountId, Orders] = {}
        self._instruments = instruments

    def apply(self, event: OrderEvent) -> list[tuple[Subscriber, str]]:
        """Take in one event; the messages it makes, by subscriber."""
        orders = self._orders(event.account)
        order = orders.apply(event)
        row, messages = "", []
        for stream in self.streams.of(event.account):
            if stream.options.order_status or isinstance(event, _ALWAYS_TOLD):
                row = row or self._row(event, order)
                told = self._counted(row, orders, order) if stream.options.ratecounter else row
                messages.append((stream.who, executions("update", (told,), stream.count())))
        return messages

    def open_order(self, account: AccountId, ref: OrderRef) -> OrderTerms | None:
        """The terms, as amended, of an open order."""
        orders = self._accounts.get(account)
        order = orders.find(ref) if orders is not None else None
        return order.terms if order is not None else None

    def count(self, event: RateCounted) -> None:
        """Take in a charged trading counter; the rows that follow tell it."""
        self._orders(event.account).counters[event.symbol] = event.counter_milli

    def _orders(self, account: AccountId) -> Orders:
        orders = self._accounts.get(account)
        if orders is None:
            orders = self._accounts[account] = Orders()
        return orders

    @staticmethod
    def _counted(row: str, orders: Orders, order: OpenOrder) -> str:
        return v2.counted(row, orders.counters.get(order.entered.terms.symbol, 0))

    def subscribe(self, who: Subscriber, account: AccountId, options: ExecutionOptions) -> str:
        """Open a subscription; its snapshot, empty text if it wants none."""
        stream = self.streams.add(who, account, options)
        if not options.snap_orders and not options.snap_trades:
            return ""
        orders = self._accounts.get(account)
        rows: list[str] = []
        if options.snap_orders and orders is not None:
            for order in orders.open.values():
                row = self._open_row(order)
                rows.append(self._counted(row, orders, order) if options.ratecounter else row)
        if options.snap_trades and orders is not None:
            # Newest first in the recorded snapshot.
            rows.extend(v2.past_fill(fill, self._instrument(fill)) for fill in reversed(orders.fills))
        return executions("snapshot", rows, stream.count())

    def _row(self, event: OrderEvent, order: OpenOrder) -> str:
        instrument, text = self._instrument(event), self._text(order)
        match event:
            case OrderAccepted():
                return v2.pending_new(text, instrument, event.time_ns)
            case OrderOpened():
                return v2.opened(text, event.time_ns)
            case OrderFilled():
                return v2.filled(text, event, instrument)
            case OrderClosed():
                return v2.closed(text, event, instrument)
            case OrderAmended():
                return v2.amended(text, event, order.standing, instrument)
            case TriggerChanged():
                return v2.status(text, event)
            case IcebergRefilled():
                return v2.refilled(text, event, instrument)
            case _:
                assert_never(event)

    def _open_row(self, order: OpenOrder) -> str:
        return v2.open_order(self._text(order), order.standing, self._instrument(order.entered))

    def _text(self, order: OpenOrder) -> OrderText:
        if order.text is None:
            entered, instrument = order.entered, self._instrument(order.entered)
            order.text = v2.order(entered.order_id, order.terms, instrument, entered.parent_id, order.watch)
        return order.text

    def _instrument(self, event: OrderEvent) -> Instrument:
        return self._instruments[event.terms.symbol]
