"""Every view of the exchange, advanced by what the sequencer published, and who sees it.

State only moves with outcomes that are durable, so no snapshot shows what a crash could take back. Per
command each watched view makes one frame that lists every change in order; timers that fell due before it,
with times of their own, make their own. Public frames wait in audiences for the paced flush; private rows
leave at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from krakenbox.feeds.audiences import Audiences, ViewKey
from krakenbox.feeds.balances import Balances
from krakenbox.feeds.executions import ExecutionOptions, Executions
from krakenbox.feeds.market import Market, MarketImage
from krakenbox.feeds.orders import OrderEvent, Orders, OrdersImage
from krakenbox.feeds.reference import Reference, ReferenceImage
from krakenbox.feeds.streams import Subscriber
from krakenbox.feeds.volumes import USD, USD_DECIMALS, Volumes, VolumesImage
from krakenbox.model import event as events
from krakenbox.model.command import OrderRef, Tier
from krakenbox.model.event import Event, Outcome
from krakenbox.model.fixed import Amount, Price, nearest, rescale
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderTerms
from krakenbox.protocol.framing import text_frame
from krakenbox.protocol.v1 import channels as v1_channels
from krakenbox.protocol.v2 import channels

__all__ = ["INSTRUMENT", "ExecutionOptions", "Hub", "Subscriber", "ViewKey"]

INSTRUMENT = ViewKey("instrument")
"""The one public view without a symbol."""


class _Image(Struct):
    """What all views show at a sequence number; new fields have a default."""

    seq: int
    reference: ReferenceImage
    accounts: dict[AccountId, Tier]
    nonces: dict[str, int]
    markets: dict[str, MarketImage]
    executions: dict[AccountId, OrdersImage]
    balances: dict[AccountId, dict[str, Amount]]
    volumes: VolumesImage = {}


class Hub:
    """All views and all subscriptions of one exchange."""

    def __init__(self) -> None:
        self.reference = Reference()
        self.accounts: dict[AccountId, Tier] = {}
        self.nonces: dict[str, int] = {}
        """Highest nonce used, by API key."""
        self.seq = 0
        """The last command that every view reflects."""
        self._markets: dict[str, Market] = {}
        self._touched: dict[str, Market] = {}
        """Markets with changes not yet rendered, in order of their first change."""
        self._executions = Executions(self.reference.table.instruments)
        self.own = self._executions.v1
        """The private channels of v1."""
        self._balances = Balances(self.reference.table.assets)
        self._volumes = Volumes()
        self._audiences = Audiences()
        self._connections: dict[Subscriber, int] = {}
        """Connections that hear of the engine mode, and the id each has on the wire."""
        self._connections_v1: dict[Subscriber, None] = {}
        self._private: list[tuple[Subscriber, bytes]] = []
        self._handlers = self._dispatch()

    def apply(self, outcome: Outcome) -> None:
        """Advance every view by one command; render what is watched."""
        handlers, time_ns = self._handlers, outcome.time_ns
        for event in outcome.events:
            if event.time_ns != time_ns:
                self._render(time_ns)
                time_ns = event.time_ns
            handlers[type(event)](event)
        self._render(time_ns)
        for who, text in self.own.flush():
            self._private.append((who, text_frame(text.encode())))
        self.seq = outcome.seq

    def capture(self) -> bytes:
        """What every view shows, between two commands. Who looks at it is not part of that."""
        markets = {symbol: market.capture() for symbol, market in self._markets.items()}
        accounts = (self.accounts, self.nonces)
        private = (self._executions.capture(), self._balances.capture())
        image = _Image(self.seq, self.reference.capture(), *accounts, markets, *private)
        image.volumes = self._volumes.capture()
        return msgspec.json.encode(image)

    def restore(self, data: bytes) -> None:
        """Take on what `capture` gave; nothing may have happened here yet. Raises msgspec's errors."""
        assert not self.seq, f"restore an empty hub; this one stands at {self.seq}"
        image = msgspec.json.decode(data, type=_Image)
        self.seq, self.accounts, self.nonces = image.seq, image.accounts, image.nonces
        self.reference.restore(image.reference)
        for symbol, views in image.markets.items():
            self._list(self.reference.table.instruments[symbol], 0).restore(views)
        self._executions.restore(image.executions)
        self._balances.restore(image.balances)
        self._volumes.restore(image.volumes)

    # -- public views

    def connect(self, who: Subscriber, connection_id: int) -> None:
        """A connection was greeted: from now on it hears when the engine mode changes."""
        self._connections[who] = connection_id

    def connect_v1(self, who: Subscriber) -> None:
        """As `connect`, for one that speaks v1: there an id greets and is not repeated."""
        self._connections_v1[who] = None

    def subscribe(self, who: Subscriber, view: ViewKey) -> None:
        """Let a connection see a view from the next frame on. Take what is pending before, snapshot after."""
        views = self._audiences.views(who)
        assert view not in views, f"{who} sees {view} already"
        first = not self._audiences.watched(view)
        self._audiences.change(who, views | {view})
        if first and view != INSTRUMENT:
            self._markets[view.symbol].watch(view)

    def unsubscribe(self, who: Subscriber, view: ViewKey) -> None:
        """Let a connection see a view no more."""
        views = self._audiences.views(who)
        assert view in views, f"{who} does not see {view}"
        self._audiences.change(who, views - {view})
        self._let_go(view)

    def subscribed(self, who: Subscriber) -> frozenset[ViewKey]:
        """The public views a connection sees."""
        return self._audiences.views(who)

    def snapshot(self, view: ViewKey, now_ns: int) -> bytes:
        """The whole of one view, framed; of some views of v1 nothing."""
        if view == INSTRUMENT:
            return self.reference.snapshot()
        return _framed(self._markets[view.symbol].snapshot(view, now_ns))

    def topic(self, view: ViewKey) -> v1_channels.Topic:
        """What messages of a view of v1 are called."""
        return self._markets[view.symbol].v1.topic(view)

    def last_price(self, symbol: str) -> Price:
        """Price of the latest trade; 0 before there was one."""
        return self._markets[symbol].ticker.last

    def take(self, who: Subscriber) -> bytes:
        """Public frames a connection still has to be sent, joined; leaves none."""
        return self._audiences.take(who)

    def dirty(self) -> list[Subscriber]:
        """Connections that still have to be sent public frames."""
        return self._audiences.dirty()

    def drop(self, who: Subscriber) -> None:
        """A connection is gone, and with it all its subscriptions."""
        views = self._audiences.views(who)
        self._audiences.drop(who)
        for view in views:
            self._let_go(view)
        self.unsubscribe_executions(who)
        self.unsubscribe_balances(who)
        self.own.drop(who)
        self._connections.pop(who, None)
        self._connections_v1.pop(who, None)

    def _let_go(self, view: ViewKey) -> None:
        if view != INSTRUMENT and not self._audiences.watched(view):
            self._markets[view.symbol].unwatch(view)

    # -- private views

    def subscribe_executions(self, who: Subscriber, account: AccountId, options: ExecutionOptions) -> bytes:
        """Let a connection hear of an account's orders from now on; its framed snapshot, if it wants one."""
        return _framed(self._executions.subscribe(who, account, options))

    def unsubscribe_executions(self, who: Subscriber) -> None:
        """Send no more rows; of a connection without the subscription, nothing."""
        self._executions.streams.remove(who)

    def has_executions(self, who: Subscriber) -> bool:
        """Whether a connection is subscribed to executions."""
        return who in self._executions.streams

    def open_order(self, account: AccountId, ref: OrderRef) -> OrderTerms | None:
        """The terms of an account's open order, by its order id or its `cl_ord_id`."""
        return self._executions.open_order(account, ref)

    def market(self, symbol: str) -> Market:
        """The views of a listed symbol, to be read only."""
        return self._markets[symbol]

    def orders(self, account: AccountId) -> Orders:
        """An account's open orders and latest fills, to be read only."""
        return self._executions.orders(account)

    def balances(self, account: AccountId) -> Mapping[str, Amount]:
        """What an account holds of each asset it ever had."""
        return self._balances.of(account)

    def volume(self, account: AccountId, now_ns: int) -> int:
        """What a client has traded in 30 days, in USD with four decimals."""
        return self._volumes.of(account, now_ns)

    def in_usd(self, asset: str, units: int) -> int:
        """An amount in USD, at the same decimals; 0 of an asset that never traded against it."""
        if asset == USD:
            return units
        market = self._markets.get(f"{asset}/{USD}")
        if market is None:
            return 0
        return nearest(units * market.ticker.last, 10**market.instrument.price_decimals)

    def open_ids(self, account: AccountId, userref: int) -> list[OrderId]:
        """An account's open orders that carry a userref, in order of entry."""
        return self._executions.open_ids(account, userref)

    def subscribe_balances(self, who: Subscriber, account: AccountId, snapshot: bool = True) -> bytes:
        """Let a connection hear of an account's ledger from now on; its framed snapshot, if it wants one."""
        return _framed(self._balances.subscribe(who, account, snapshot))

    def unsubscribe_balances(self, who: Subscriber) -> None:
        """Send no more entries; of a connection without the subscription, nothing."""
        self._balances.streams.remove(who)

    def has_balances(self, who: Subscriber) -> bool:
        """Whether a connection is subscribed to balances."""
        return who in self._balances.streams

    def take_private(self) -> list[tuple[Subscriber, bytes]]:
        """Framed rows since the last call, in order; leaves none."""
        private = self._private
        if private:
            self._private = []
        return private

    # -- events

    def _dispatch(self) -> dict[type[Event], Callable[[Any], None]]:
        return {
            events.Rejected: _shows_nowhere,
            events.OrderValidated: _shows_nowhere,
            events.OrdersCanceled: _shows_nowhere,
            events.OrderEdited: _shows_nowhere,
            events.CancelTimerSet: _shows_nowhere,
            events.LimitsSet: _shows_nowhere,
            events.OrderAccepted: self._order,
            events.OrderOpened: self._order,
            events.OrderFilled: self._fill,
            events.OrderClosed: self._order,
            events.OrderAmended: self._order,
            events.TriggerChanged: self._order,
            events.IcebergRefilled: self._order,
            events.RateCounted: self._executions.count,
            events.BalancePosted: self._balance,
            events.Traded: self._trade,
            events.BookChanged: self._book,
            events.HistorySeeded: self._history,
            events.AssetListed: self.reference.list_asset,
            events.InstrumentListed: self._instrument,
            events.AccountOpened: self._account,
            events.NonceUsed: self._nonce,
            events.SystemStatusChanged: self._status,
        }

    def _book(self, event: events.BookChanged) -> None:
        market = self._touched[event.symbol] = self._markets[event.symbol]
        market.change_book(event)

    def _trade(self, event: events.Traded) -> None:
        market = self._touched[event.symbol] = self._markets[event.symbol]
        market.trade(event)

    def _history(self, event: events.HistorySeeded) -> None:
        self._markets[event.symbol].seed(event)

    def _order(self, event: OrderEvent) -> None:
        for who, text in self._executions.apply(event):
            self._private.append((who, text_frame(text.encode())))

    def _fill(self, event: events.OrderFilled) -> None:
        if self.accounts.get(event.account) is not Tier.HOUSE:
            instrument = self.reference.table.instruments[event.terms.symbol]
            cost = self.in_usd(instrument.quote, event.cost)
            volume = rescale(cost, instrument.cost_decimals, USD_DECIMALS)
            self._volumes.add(event.account, event.time_ns, volume)
        self._order(event)

    def _balance(self, event: events.BalancePosted) -> None:
        for who, text in self._balances.apply(event):
            self._private.append((who, text_frame(text.encode())))

    def _instrument(self, event: events.InstrumentListed) -> None:
        self.reference.list_instrument(event)
        instrument = event.instrument
        market = self._markets.get(instrument.symbol)
        if market is None:
            self._list(instrument, event.time_ns)
        else:
            market.instrument = instrument

    def _list(self, instrument: Instrument, time_ns: int) -> Market:
        market = self._markets[instrument.symbol] = Market(instrument, time_ns)
        market.v1.number(len(self._markets))
        market.dollar_price = self._dollar_price
        return market

    def _dollar_price(self, asset: str) -> tuple[int, int] | None:
        if asset == "USD":
            return 1, 0
        market = self._markets.get(f"{asset}/USD")
        if market is None or not market.ticker.last:
            return None
        return market.ticker.last, market.instrument.price_decimals

    def _account(self, event: events.AccountOpened) -> None:
        self.accounts[event.account] = event.tier

    def _nonce(self, event: events.NonceUsed) -> None:
        self.nonces[event.key_id] = event.nonce

    def _status(self, event: events.SystemStatusChanged) -> None:
        self.reference.change_status(event)
        self._render(event.time_ns)  # what happened before it is sent before it
        for who, connection_id in self._connections.items():
            text = channels.status(event.status.value, connection_id)
            self._audiences.send(who, text_frame(text.encode()))
        for who in self._connections_v1:
            self._audiences.send(who, text_frame(v1_channels.system_status(event.status).encode()))

    def _render(self, time_ns: int) -> None:
        """Make the frames of what has changed since the last time."""
        if self._touched:
            touched, self._touched = self._touched, {}
            for market in touched.values():
                for view, text in market.updates(time_ns):
                    self._audiences.publish(view, text_frame(text.encode()))
        if self.reference.changed:
            if self._audiences.watched(INSTRUMENT):
                self._audiences.publish(INSTRUMENT, text_frame(self.reference.update().encode()))
            else:
                self.reference.forget_changes()


def _framed(text: str) -> bytes:
    return text_frame(text.encode()) if text else b""


def _shows_nowhere(event: Event) -> None:
    """Only the one who asked hears of it, in the reply."""
