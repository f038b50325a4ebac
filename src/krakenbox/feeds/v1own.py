"""Own orders and trades as v1 tells them (channels `openOrders` and `ownTrades`).

A row is made once and shared by all listeners of the account, as in `executions`. What one command makes an
order take is one trade to whoever consolidates, so that is told when the command is over.
"""

from collections.abc import Callable, Iterable
from itertools import groupby

from krakenbox.feeds import v1orders
from krakenbox.feeds.orders import OpenOrder, OrderEvent, Orders
from krakenbox.feeds.streams import Stream, Streams, Subscriber
from krakenbox.model.event import OrderFilled
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId
from krakenbox.protocol.v1.private_channels import message

Messages = list[tuple[Subscriber, str]]


class OwnChannels:
    """Who listens to which account's orders and trades."""

    __slots__ = ("_instruments", "_orders_of", "_taken", "open_orders", "own_trades")

    def __init__(self, instruments: dict[str, Instrument], orders_of: Callable[[AccountId], Orders]) -> None:
        self.open_orders: Streams[bool] = Streams()
        """Option: whether rows carry the trading counter."""
        self.own_trades: Streams[bool] = Streams()
        """Option: whether what an order takes at once is one trade."""
        self._instruments = instruments
        self._orders_of = orders_of
        self._taken: dict[OrderId, list[OrderFilled]] = {}
        """What the running command's takers were filled with, for those who consolidate."""

    def apply(self, event: OrderEvent, order: OpenOrder, orders: Orders) -> Messages:
        """Tell of one event, after which its order and its account's orders are these."""
        messages: Messages = []
        streams = list(self.open_orders.of(event.account))
        if streams:
            instrument = self._instruments[event.terms.symbol]
            plain = v1orders.change(event, order, instrument)
            for stream in streams:
                fields = plain | _counter(orders, event.terms.symbol) if stream.options else plain
                messages.append((stream.who, self._told("openOrders", stream, event.order_id, fields)))
        if isinstance(event, OrderFilled):
            messages += self._fill(event)
        return messages

    def flush(self) -> Messages:
        """A command is over: the trades of its takers."""
        if not self._taken:
            return []
        taken, self._taken = self._taken, {}
        messages: Messages = []
        for fills in taken.values():
            fields = v1orders.trade(fills, self._instruments[fills[0].terms.symbol], update=True)
            for stream in self.own_trades.of(fills[0].account):
                if stream.options:
                    messages.append((stream.who, self._told("ownTrades", stream, fills[0].exec_id, fields)))
        return messages

    def subscribe_open_orders(self, who: Subscriber, account: AccountId, ratecounter: bool) -> str:
        """Let a connection hear of an account's orders; its snapshot, also when that is empty."""
        stream = self.open_orders.add(who, account, ratecounter)
        rows, orders = [], self._orders_of(account)
        for order_id, order in orders.open.items():
            symbol = order.entered.terms.symbol
            fields = v1orders.whole(order, self._instruments[symbol])
            rows.append(v1orders.row(order_id, fields | _counter(orders, symbol) if ratecounter else fields))
        return message("openOrders", rows, stream.count())

    def subscribe_own_trades(
        self, who: Subscriber, account: AccountId, consolidate: bool, snapshot: bool
    ) -> str:
        """Let a connection hear of an account's trades; its latest, newest first, if it wants them."""
        stream = self.own_trades.add(who, account, consolidate)
        if not snapshot:
            return ""
        trades = _consolidated(self._orders_of(account).fills, consolidate)
        rows = [
            v1orders.row(fills[0].exec_id, v1orders.trade(fills, self._instruments[fills[0].terms.symbol]))
            for fills in reversed(trades)
        ]
        return message("ownTrades", rows, stream.count())

    def drop(self, who: Subscriber) -> None:
        """A connection is gone."""
        self.open_orders.remove(who)
        self.own_trades.remove(who)

    def _fill(self, event: OrderFilled) -> Messages:
        messages: Messages = []
        fields: v1orders.Fields = {}
        for stream in self.own_trades.of(event.account):
            if stream.options and not event.maker:
                fills = self._taken.setdefault(event.order_id, [])
                if not fills or fills[-1] is not event:
                    fills.append(event)
                continue
            fields = fields or v1orders.trade([event], self._instruments[event.terms.symbol], update=True)
            messages.append((stream.who, self._told("ownTrades", stream, event.exec_id, fields)))
        return messages

    @staticmethod
    def _told(channel: str, stream: Stream[bool], of: str, fields: v1orders.Fields) -> str:
        return message(channel, (v1orders.row(of, fields),), stream.count())


def _counter(orders: Orders, symbol: str) -> v1orders.Fields:
    return {"ratecount": str(orders.counters.get(symbol, 0) // 1000)}


def _consolidated(fills: Iterable[OrderFilled], consolidate: bool) -> list[list[OrderFilled]]:
    """Fills by trade, oldest first: what an order took at one time is one, all else is its own."""
    if not consolidate:
        return [[fill] for fill in fills]

    def taken(fill: OrderFilled) -> tuple[str, int]:
        return (fill.exec_id, 0) if fill.maker else (fill.order_id, fill.time_ns)

    return [list(group) for _, group in groupby(fills, taken)]
