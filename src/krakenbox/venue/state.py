"""The whole state of an exchange as bytes, and back.

The bytes are JSON, for some integers are beyond 64 bits. The schema is append-only: a new field goes to the
end of its struct with a default, no name is used twice, so that every image ever written can be read.

Holds, counts and levels are not in the image: they follow from the open orders, and restoring them is one
more check of the books.
"""

from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct

from krakenbox.model.command import FeeTier, Tier
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.instrument import Asset, Instrument, SystemStatus
from krakenbox.model.order import AccountId, Order, OrderId, OrderStatus, OrderTerms, Reference
from krakenbox.venue.accounts import Account
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.fees import Schedule, Volume
from krakenbox.venue.hashing import ORDER_FIELDS, Digest
from krakenbox.venue.market import Market
from krakenbox.venue.timers import Timer, Timers
from krakenbox.venue.venue import Venue


class _Order(Struct, array_like=True, gc=False):
    """Every field of `Order` but its account, which lists it, and its neighbours in the queue."""

    order_id: OrderId
    terms: OrderTerms
    qty: Qty
    limit_price: Price
    time_ns: int
    created_ns: int
    status: OrderStatus
    filled: Qty
    cum_cost: Cost
    cum_exact: int
    avg_price: Price
    fee_usd: Cost
    hold: Amount
    hold_asset: str
    hold_ppm: int
    display_qty: Qty
    shown: Qty
    parent_id: OrderId
    trigger_price: Price
    peak_price: Price
    triggered: bool
    amended: bool
    touched_ns: int


_of_order = attrgetter(*ORDER_FIELDS)
_behind_account: Any = attrgetter(*ORDER_FIELDS[1:])


class _Account(Struct, array_like=True):
    account: AccountId
    tier: Tier
    balances: dict[str, int]
    volume_day: int
    volume: list[int]
    counters: dict[str, tuple[int, int]]
    orders: list[_Order]
    """In order of entry."""


class _Market(Struct, array_like=True):
    instrument: Instrument
    trade_id: int
    last_price: Price
    index_price: Price
    bids: list[OrderId]
    """Best level first, oldest order first."""
    asks: list[OrderId]
    dormant: list[tuple[OrderId, int]]
    """In order of falling asleep, each with its turn."""
    turn: int
    """The last one given."""


class _State(Struct):
    venue_id: int
    seq: int
    time_ns: int
    status: SystemStatus
    limits_enforced: bool
    protection_ppm: int
    assets: list[Asset]
    schedules: dict[str, tuple[FeeTier, ...]]
    markets: list[_Market]
    accounts: list[_Account]
    fees: dict[str, int]
    outside: dict[str, int]
    timers: list[tuple[Timer, int, int]]
    """In order of setting: due times and numbers."""
    timer_number: int
    """The last one given."""
    nonces: dict[str, int]


_decoder = msgspec.json.Decoder(_State)


def encode(exchange: Exchange) -> bytes:
    """The image of an exchange."""
    return msgspec.json.encode(_image(exchange.venue))


def decode(data: bytes) -> Exchange:
    """The exchange that was encoded; it goes on exactly as that one would have. Raises msgspec's errors."""
    state = _decoder.decode(data)
    exchange = Exchange(state.venue_id)
    _restore(exchange.venue, state)
    return exchange


def state_hash(exchange: Exchange) -> bytes:
    """The hash of the whole state: equal after equal commands, whatever was restored in between."""
    return Digest(exchange).value()


def _image(venue: Venue) -> _State:
    return _State(
        venue_id=venue.mint.venue_id,
        seq=venue.seq,
        time_ns=venue.time_ns,
        status=venue.status,
        limits_enforced=venue.limits_enforced,
        protection_ppm=venue.protection_ppm,
        assets=list(venue.instruments.assets.values()),
        schedules={name: schedule.tiers for name, schedule in venue.schedules.items()},
        markets=[_market_image(market) for market in venue.markets.values()],
        accounts=[_account_image(account) for account in venue.accounts.values()],
        fees=venue.ledger.fees.balances,
        outside=venue.ledger.outside.balances,
        timers=venue.timers.capture(),
        timer_number=venue.timers.number,
        nonces=venue.nonces,
    )


def _market_image(market: Market) -> _Market:
    bids = [order.order_id for level in market.book.bids for order in level]
    asks = [order.order_id for level in market.book.asks for order in level]
    triggers = market.triggers
    dormant = [(order.order_id, triggers.turn_of(order)) for order in triggers]
    prices = (market.last_price, market.index_price)
    return _Market(market.instrument, market.trade_id, *prices, bids, asks, dormant, triggers.turn)


def _account_image(account: Account) -> _Account:
    orders = [_Order(*_of_order(order)) for order in account.orders.values()]
    day, buckets = account.volume.capture()
    return _Account(account.account, account.tier, account.balances, day, buckets, account.counters, orders)


def _restore(venue: Venue, state: _State) -> None:
    venue.seq, venue.time_ns = state.seq, state.time_ns
    venue.status, venue.limits_enforced = state.status, state.limits_enforced
    venue.protection_ppm = state.protection_ppm
    for asset in state.assets:
        venue.instruments.add_asset(asset)
    for name, tiers in state.schedules.items():
        venue.schedules[name] = Schedule(tiers)
    orders: dict[OrderId, Order] = {}
    for account_image in state.accounts:
        account = venue.accounts[account_image.account] = _restore_account(account_image)
        orders.update(account.orders)
    for market_image in state.markets:
        venue.instruments.add(market_image.instrument)
        market = Market(market_image.instrument, venue.instruments)
        _restore_market(market, market_image, orders)
        venue.markets[market_image.instrument.symbol] = market
    venue.ledger.fees.balances = state.fees
    venue.ledger.outside.balances = state.outside
    venue.timers = Timers.restore(state.timers, state.timer_number)
    venue.nonces = state.nonces


def _restore_account(image: _Account) -> Account:
    account = Account(image.account, image.tier)
    account.balances = image.balances
    account.volume = Volume.restore(image.volume_day, image.volume)
    account.counters = image.counters
    for order in image.orders:
        account.enlist(Order(order.order_id, image.account, *_behind_account(order)))
    return account


def _restore_market(market: Market, image: _Market, orders: dict[OrderId, Order]) -> None:
    market.trade_id = image.trade_id
    market.last_price, market.index_price = image.last_price, image.index_price
    for order_id in image.bids:
        market.book.bids.rest(orders[order_id])
    for order_id in image.asks:
        market.book.asks.rest(orders[order_id])
    market.triggers.note(Reference.LAST, image.last_price)
    market.triggers.note(Reference.INDEX, image.index_price)
    for order_id, turn in image.dormant:
        market.triggers.resume(orders[order_id], turn)
    market.triggers.turn = image.turn
