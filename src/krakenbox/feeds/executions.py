"""Own orders and fills (channel `executions`): what is open, the latest fills, and one row per event.

A row is made once and shared by all listeners of the account; only the `sequence` behind it is theirs.
"""

from collections import deque
from typing import assert_never

from msgspec import Struct

from krakenbox.feeds import v2
from krakenbox.feeds.streams import Streams, Subscriber
from krakenbox.model.event import OrderAccepted, OrderClosed, OrderFilled, OrderOpened, RateCounted
from krakenbox.model.fixed import Cost
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId
from krakenbox.protocol.v2.private_channels import OrderText, executions

SNAPSHOT_FILLS = 50
"""Fills in a snapshot, and so the fills remembered per account (Kraken, websocket-v2/executions)."""

OrderEvent = OrderAccepted | OrderOpened | OrderFilled | OrderClosed


class ExecutionOptions(Struct, frozen=True):
    """What a subscription asked for."""

    snap_orders: bool = True
    snap_trades: bool = False
    order_status: bool = True
    """False: no `pending_new` rows, only `new`, trades and ends."""
    ratecounter: bool = False
    """Rows carry the trading counter of their pair as it was last charged."""


class OpenOrder(Struct, gc=False):
    """An order that has not ended: how it was entered, and its latest fill."""

    entered: OrderAccepted | OrderOpened
    filled: OrderFilled | None = None
    fee_usd: Cost = Cost(0)
    """Fees of all its fills."""
    text: OrderText | None = None
    """What its rows repeat; made when somebody looks first."""

    @property
    def time_ns(self) -> int:
        """Time of its latest change."""
        return self.entered.time_ns if self.filled is None else self.filled.time_ns


class Orders:
    """One account's open orders, in order of entry, its latest fills, oldest first, and its counters."""

    __slots__ = ("counters", "fills", "open")

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}
        """Trading counter by symbol, in thousandths, as it was last charged."""
        self.open: dict[OrderId, OpenOrder] = {}
        self.fills: deque[OrderFilled] = deque(maxlen=SNAPSHOT_FILLS)

    def apply(self, event: OrderEvent) -> OpenOrder:
        """Take in one event; the order it is about."""
        match event:
            case OrderAccepted():
                order = self.open[event.order_id] = OpenOrder(event)
            case OrderOpened():
                order = self.open[event.order_id]
                order.entered = event
            case OrderFilled():
                order = self.open[event.order_id]
                order.filled = event
                order.fee_usd = Cost(order.fee_usd + event.fee_usd)
                self.fills.append(event)
            case OrderClosed():
                order = self.open.pop(event.order_id)
            case _:
                assert_never(event)
        return order


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
            if stream.options.order_status or not isinstance(event, OrderAccepted):
                row = row or self._row(event, order)
                told = self._counted(row, orders, order) if stream.options.ratecounter else row
                messages.append((stream.who, executions("update", (told,), stream.count())))
        return messages

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
            case _:
                assert_never(event)

    def _open_row(self, order: OpenOrder) -> str:
        instrument = self._instrument(order.entered)
        return v2.open_order(self._text(order), order.filled, order.fee_usd, instrument, order.time_ns)

    def _text(self, order: OpenOrder) -> OrderText:
        if order.text is None:
            entered = order.entered
            order.text = v2.order(entered.order_id, entered.terms, self._instrument(entered))
        return order.text

    def _instrument(self, event: OrderEvent) -> Instrument:
        return self._instruments[event.terms.symbol]
