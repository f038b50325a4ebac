"""The hash of an exchange's whole state, kept up to date by what each command changed.

    hash = sum over all items of SHA-256(kind, key, content), modulo 2**256

Items are small: an order with its timers, one balance, one counter. A sum depends on no order, so folding in
the items that changed gives what a new look at everything would. Each order carries what its place follows
from: the queue time, which ascends within a level, and its turn among the dormant. A new look at everything
asserts that queues and turns do ascend.

What changed is told by the events and, where there is none, by the command: an index price, a fee schedule,
the days of an account's volume. Timers that fell due in silence are found by their time.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import pairwise
from operator import attrgetter
from typing import Any

import msgspec

from krakenbox.model import event as events
from krakenbox.model.command import SetFeeSchedule, SetIndexPrice, Stamped
from krakenbox.model.event import Event
from krakenbox.model.order import AccountId, Order, OrderId, TimeInForce
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.timers import Timer, TimerKind

ORDER_FIELDS = (
    "order_id",
    "terms",
    "qty",
    "limit_price",
    "time_ns",
    "created_ns",
    "status",
    "filled",
    "cum_cost",
    "cum_exact",
    "avg_price",
    "fee_usd",
    "hold",
    "hold_asset",
    "hold_ppm",
    "display_qty",
    "shown",
    "parent_id",
    "trigger_price",
    "peak_price",
    "triggered",
    "amended",
    "touched_ns",
)
"""What an order is, in the order of its class; besides its account, which lists it, and its neighbours."""

_ORDER_EVENTS = frozenset(
    (
        events.OrderAccepted,
        events.OrderOpened,
        events.OrderFilled,
        events.OrderClosed,
        events.OrderAmended,
        events.TriggerChanged,
        events.IcebergRefilled,
    )
)
"""What names an order that changed."""

_FOLD_AFTER = 4_000
"""Events after which the changed items are folded in: two milliseconds, and no look waits for longer."""
_MODULUS = 2**256
_BYTES = 32

_of_order = attrgetter("account", *ORDER_FIELDS[1:])
_encode = msgspec.json.Encoder().encode


def _hash(kind: str, key: object, content: object) -> int:
    return int.from_bytes(sha256(_encode((kind, key, content))).digest(), "big")


class _Items:
    """All items of one kind: their hashes, and the keys of those that may have changed."""

    __slots__ = ("_content", "_hashes", "_kind", "changed")

    def __init__(self, kind: str, content: Callable[[Any], object]) -> None:
        """`content` gives what an item is now; None if it is no more."""
        self._kind = kind
        self._content = content
        self._hashes: dict[Any, int] = {}
        self.changed: dict[Any, Any] = {}
        """What stands under a key is for `content` to know: who lists an order."""

    def fold(self) -> int:
        """Hash anew what changed; by how much that changes the sum."""
        kind, content_of, hashes, change = self._kind, self._content, self._hashes, 0
        for key in self.changed:
            change -= hashes.pop(key, 0)
            content = content_of(key)
            if content is not None:
                hashes[key] = found = _hash(kind, key, content)
                change += found
        self.changed.clear()
        return change


class Digest:
    """The state hash of one exchange. Show it every command, with the events, after `apply`."""

    def __init__(self, exchange: Exchange) -> None:
        self._venue = exchange.venue
        self._sum = 0
        self._events = 0
        """Events since the last fold."""
        self._silent: dict[Timer, int] = {}
        """Timers that may fire without an event, with their due times."""
        self._orders = _Items("order", self._order)
        self._accounts = _Items("account", self._account)
        self._balances = _Items("balance", self._balance)
        self._treasury = _Items("treasury", self._treasure)
        self._counters = _Items("counter", self._counter)
        self._markets = _Items("market", self._market)
        self._assets = _Items("asset", self._venue.instruments.assets.get)
        self._schedules = _Items("schedule", self._schedule)
        self._nonces = _Items("nonce", self._venue.nonces.get)
        self._listings = _Items("listing", self._listing)
        self._kinds = (
            self._orders,
            self._accounts,
            self._balances,
            self._treasury,
            self._counters,
            self._markets,
            self._assets,
            self._schedules,
            self._nonces,
            self._listings,
        )
        self._handlers = self._dispatch()
        self._everything()

    def observe(self, stamped: Stamped, told: list[Event]) -> None:
        """Take note of what a command has changed."""
        orders, handlers = self._orders.changed, self._handlers
        for event in told:
            kind = type(event)
            if kind in _ORDER_EVENTS:
                orders[event.order_id] = event.account  # type: ignore[union-attr]
            handler = handlers.get(kind)
            if handler is not None:
                handler(event)
        command = stamped.command
        account = getattr(command, "account", None)
        if account is not None:
            # A look at an account's fee tier lets its volume of a month ago go, refused or not.
            self._accounts.changed[account] = None
        elif isinstance(command, SetIndexPrice):
            self._markets.changed[command.symbol] = None
        elif isinstance(command, SetFeeSchedule):
            self._schedules.changed[command.name] = None
        self._events += len(told) + 1
        if self._events > _FOLD_AFTER:
            self._fold()

    def value(self) -> bytes:
        """The hash of the state as it stands."""
        venue, silent = self._venue, self._silent
        for timer in [timer for timer, due_ns in silent.items() if due_ns <= venue.time_ns]:
            del silent[timer]
            self._orders.changed[timer.order_id] = timer.account
            self._accounts.changed[timer.account] = None
        self._fold()
        rules = (venue.status, venue.limits_enforced, venue.protection_ppm)
        top = _hash("venue", venue.mint.venue_id, (venue.seq, venue.time_ns, rules, venue.timers.number))
        return ((self._sum + top) % _MODULUS).to_bytes(_BYTES, "big")

    def _fold(self) -> None:
        self._events = 0
        change = sum([items.fold() for items in self._kinds])
        self._sum = (self._sum + change) % _MODULUS

    # -- what changed

    def _dispatch(self) -> dict[type[Event], Callable[[Any], None]]:
        """What each event names besides an order."""
        return {
            events.OrderOpened: self._opened,
            events.OrderFilled: self._account_told,
            events.TriggerChanged: self._account_told,
            events.CancelTimerSet: self._account_told,
            events.RateCounted: self._counted,
            events.BalancePosted: self._posted,
            events.Traded: self._market_told,
            events.HistorySeeded: self._market_told,
            events.AccountOpened: self._account_opened,
            events.AssetListed: self._asset_listed,
            events.InstrumentListed: self._instrument_listed,
            events.NonceUsed: self._nonce_used,
        }

    def _opened(self, event: events.OrderOpened) -> None:
        if event.terms.trigger is not None:
            self._markets.changed[event.terms.symbol] = None  # a turn was given

    def _account_told(
        self, event: events.OrderFilled | events.TriggerChanged | events.CancelTimerSet
    ) -> None:
        self._accounts.changed[event.account] = None

    def _counted(self, event: events.RateCounted) -> None:
        self._counters.changed[event.account, event.symbol] = None

    def _posted(self, event: events.BalancePosted) -> None:
        self._balances.changed[event.account, event.asset] = None
        self._treasury.changed[event.asset] = None

    def _market_told(self, event: events.Traded | events.HistorySeeded) -> None:
        self._markets.changed[event.symbol] = None

    def _account_opened(self, event: events.AccountOpened) -> None:
        self._accounts.changed[event.account] = None
        self._listings.changed["accounts"] = None

    def _asset_listed(self, event: events.AssetListed) -> None:
        self._assets.changed[event.asset.asset] = None
        self._listings.changed["assets"] = None

    def _instrument_listed(self, event: events.InstrumentListed) -> None:
        self._markets.changed[event.instrument.symbol] = None
        self._listings.changed["instruments"] = None

    def _nonce_used(self, event: events.NonceUsed) -> None:
        self._nonces.changed[event.key_id] = None

    def _everything(self) -> None:
        venue = self._venue
        for account in venue.accounts.values():
            name = account.account
            self._accounts.changed[name] = None
            self._orders.changed |= dict.fromkeys(account.orders, name)
            self._balances.changed |= dict.fromkeys([(name, asset) for asset in account.balances])
            self._counters.changed |= dict.fromkeys([(name, symbol) for symbol in account.counters])
        self._treasury.changed |= dict.fromkeys([*venue.ledger.fees.balances, *venue.ledger.outside.balances])
        self._markets.changed |= dict.fromkeys(venue.markets)
        self._assets.changed |= dict.fromkeys(venue.instruments.assets)
        self._schedules.changed |= dict.fromkeys(venue.schedules)
        self._nonces.changed |= dict.fromkeys(venue.nonces)
        self._listings.changed |= dict.fromkeys(("accounts", "assets", "instruments"))
        for place in self._places():
            assert all(a < b for a, b in pairwise(place)), "a queue is out of order"

    def _places(self) -> Iterator[Iterator[int]]:
        """Whatever must ascend for the order of a queue to follow from its orders."""
        for market in self._venue.markets.values():
            for side in (market.book.bids, market.book.asks):
                for level in side:
                    yield (order.time_ns for order in level)
            yield map(market.triggers.turn_of, market.triggers)

    # -- what an item is

    def _order(self, order_id: OrderId) -> object:
        account = self._orders.changed[order_id]
        order = self._venue.accounts[account].orders.get(order_id)
        if order is None:
            if self._silent:
                self._silent.pop(Timer(TimerKind.START, account, order_id), None)
            return None
        terms = order.terms
        if terms.trigger is None and not terms.effective_ns and terms.time_in_force is not TimeInForce.GTD:
            return _of_order(order)
        return _of_order(order), self._waits(order)

    def _waits(self, order: Order) -> object:
        """What an order waits for: its end, its start, its turn to fire."""
        pending, key = self._venue.timers.pending, (order.account, order.order_id)
        start = Timer(TimerKind.START, *key)
        due = pending.get(start)
        if due is not None:
            self._silent[start] = due[0]
        turn = self._venue.markets[order.terms.symbol].triggers.turn_of(order)
        return pending.get(Timer(TimerKind.EXPIRE, *key)), due, turn

    def _account(self, name: AccountId) -> object:
        account = self._venue.accounts.get(name)
        if account is None:
            return None
        switch = Timer(TimerKind.CANCEL_ALL, name)
        due = self._venue.timers.pending.get(switch)
        if due is not None:
            self._silent[switch] = due[0]
        return account.tier, account.volume.capture(), due

    def _balance(self, key: tuple[AccountId, str]) -> object:
        return self._venue.accounts[key[0]].balances.get(key[1])

    def _treasure(self, asset: str) -> object:
        ledger = self._venue.ledger
        return ledger.fees.balances.get(asset), ledger.outside.balances.get(asset)

    def _counter(self, key: tuple[AccountId, str]) -> object:
        return self._venue.accounts[key[0]].counters.get(key[1])

    def _market(self, symbol: str) -> object:
        market = self._venue.markets.get(symbol)
        if market is None:
            return None
        return (
            market.instrument,
            market.trade_id,
            market.last_price,
            market.index_price,
            market.triggers.turn,
        )

    def _schedule(self, name: str) -> object:
        schedule = self._venue.schedules.get(name)
        return None if schedule is None else schedule.tiers

    def _listing(self, kind: str) -> object:
        """Who was listed before whom."""
        venue, instruments = self._venue, self._venue.instruments
        listed: dict[str, Iterable[str]] = {
            "accounts": venue.accounts,
            "assets": instruments.assets,
            "instruments": instruments.instruments,
        }
        return list(listed[kind])
