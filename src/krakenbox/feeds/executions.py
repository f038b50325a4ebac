"""Own orders and fills (channel `executions`): snapshots, and one row per event.

A row is made once and shared by all listeners of the account; only the `sequence` behind it is theirs.
"""

from typing import assert_never

from msgspec import Struct

from krakenbox.feeds import v2
from krakenbox.feeds.orders import OpenOrder, OrderEvent, Orders, OrdersImage
from krakenbox.feeds.streams import Streams, Subscriber
from krakenbox.feeds.v1own import OwnChannels
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
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderTerms
from krakenbox.protocol.v2.private_channels import OrderText, executions

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


class Executions:
    """Every account's orders, and who listens to them."""

    __slots__ = ("_accounts", "_instruments", "streams", "v1")

    def __init__(self, instruments: dict[str, Instrument]) -> None:
        self.streams: Streams[ExecutionOptions] = Streams()
        self._accounts: dict[AccountId, Orders] = {}
        self._instruments = instruments
        self.v1 = OwnChannels(instruments, self._orders)
        """Those who listen to the same orders in v1."""

    def apply(self, event: OrderEvent) -> list[tuple[Subscriber, str]]:
        """Take in one event; the messages it makes, by subscriber."""
        orders = self._orders(event.account)
        order = orders.apply(event)
        row = ""
        messages: list[tuple[Subscriber, str]] = []
        for stream in self.streams.of(event.account):
            if stream.options.order_status or isinstance(event, _ALWAYS_TOLD):
                row = row or self._row(event, order)
                told = self._counted(row, orders, order) if stream.options.ratecounter else row
                messages.append((stream.who, executions("update", (told,), stream.count())))
        messages += self.v1.apply(event, order, orders)
        return messages

    def open_order(self, account: AccountId, ref: OrderRef) -> OrderTerms | None:
        """The terms, as amended, of an open order."""
        orders = self._accounts.get(account)
        order = orders.find(ref) if orders is not None else None
        return order.terms if order is not None else None

    def orders(self, account: AccountId) -> Orders:
        """What an account's stream tells of, to be read only."""
        return self._accounts.get(account) or Orders()

    def open_ids(self, account: AccountId, userref: int) -> list[OrderId]:
        """Open orders that carry a userref, in order of entry."""
        orders = self._accounts.get(account)
        opened = orders.open.items() if orders is not None else ()
        return [order_id for order_id, order in opened if order.terms.userref == userref]

    def count(self, event: RateCounted) -> None:
        """Take in a charged trading counter; the rows that follow tell it."""
        self._orders(event.account).counters[event.symbol] = event.counter_milli

    def _orders(self, account: AccountId) -> Orders:
        orders = self._accounts.get(account)
        if orders is None:
            orders = self._accounts[account] = Orders()
        return orders

    def capture(self) -> dict[AccountId, OrdersImage]:
        """Its state, by account."""
        return {account: orders.capture() for account, orders in self._accounts.items()}

    def restore(self, images: dict[AccountId, OrdersImage]) -> None:
        """Take a state on."""
        for account, image in images.items():
            self._accounts[account] = Orders.restore(account, image)

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
