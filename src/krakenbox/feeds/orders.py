"""One account's orders as its own stream tells them: open ones and how they stand, latest fills, counters."""

from collections import deque
from operator import attrgetter
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.feeds import v2
from krakenbox.model.command import OrderRef
from krakenbox.model.event import (
    IcebergRefilled,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    TriggerChanged,
)
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms, PriceType, client_key
from krakenbox.protocol.v2.private_channels import OrderText

SNAPSHOT_FILLS = 50
"""Fills in a snapshot, and so the fills remembered per account (Kraken, websocket-v2/executions)."""

OrderEvent = (
    OrderAccepted | OrderOpened | OrderFilled | OrderClosed | OrderAmended | TriggerChanged | IcebergRefilled
)


class FillImage(Struct, array_like=True, gc=False):
    """One fill in a snapshot of the views: an `OrderFilled` without its account, which lists it.

    New fields go to the end with a default, here and below.
    """

    time_ns: int
    order_id: OrderId
    terms: OrderTerms
    exec_id: str
    trade_id: int
    price: Price
    qty: Qty
    cost: Cost
    maker: bool
    fee: int
    fee_asset: str
    fee_usd: Cost
    cum_qty: Qty
    cum_cost: Cost
    avg_price: Price


_of_fill: Any = attrgetter(*FillImage.__struct_fields__)
_behind_account: Any = attrgetter(*FillImage.__struct_fields__[1:])


class OpenImage(Struct, array_like=True, gc=False):
    """One open order in a snapshot of the views."""

    entered_ns: int
    order_id: OrderId
    entered: OrderTerms
    parent_id: OrderId
    trigger_price: Price
    peak_price: Price
    terms: OrderTerms | None
    """As amended; None if it never was."""
    status: OrderStatus
    time_ns: int
    filled: FillImage | None
    fee_usd: Cost
    amended: bool
    shown: Qty
    watch: v2.Watch | None
    fee: int = 0


class OrdersImage(Struct, array_like=True):
    """One account's orders in a snapshot of the views."""

    open: list[OpenImage]
    fills: list[FillImage]
    counters: dict[str, int]


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
        standing.fee += event.fee
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

    def capture(self) -> OpenImage:
        """Its state."""
        entered, terms, standing = self.entered, self.terms, self.standing
        filled = standing.filled
        return OpenImage(
            entered.time_ns,
            entered.order_id,
            entered.terms,
            entered.parent_id,
            entered.trigger_price,
            entered.peak_price,
            None if terms is entered.terms else terms,
            standing.status,
            standing.time_ns,
            None if filled is None else _fill_image(filled),
            standing.fee_usd,
            standing.amended,
            standing.shown,
            self.watch,
            standing.fee,
        )


def _open(image: OpenImage, account: AccountId) -> OpenOrder:
    prices = (image.trigger_price, image.peak_price)
    entered = OrderAccepted(
        image.entered_ns, account, image.order_id, image.entered, image.parent_id, *prices
    )
    filled = None if image.filled is None else _fill(image.filled, account)
    standing = v2.Standing(
        image.status, image.time_ns, filled, image.fee_usd, image.amended, image.shown, image.fee
    )
    return OpenOrder(entered, image.terms or image.entered, standing, image.watch)


def _fill_image(event: OrderFilled) -> FillImage:
    return FillImage(*_of_fill(event))


def _fill(image: FillImage, account: AccountId) -> OrderFilled:
    return OrderFilled(image.time_ns, account, *_behind_account(image))


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

    def capture(self) -> OrdersImage:
        """Its state."""
        opened = [order.capture() for order in self.open.values()]
        return OrdersImage(opened, [_fill_image(fill) for fill in self.fills], self.counters)

    @classmethod
    def restore(cls, account: AccountId, image: OrdersImage) -> "Orders":
        """The same orders again."""
        orders = cls()
        for each in image.open:
            orders.open[each.order_id] = _open(each, account)
            if each.entered.cl_ord_id:
                orders.names[client_key(each.entered.cl_ord_id)] = each.order_id
        orders.fills.extend(_fill(fill, account) for fill in image.fills)
        orders.counters = image.counters
        return orders
