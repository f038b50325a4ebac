"""The full audit: every invariant of the whole venue, asserted. Slow; for tests and simulated worlds."""

from collections import Counter
from itertools import pairwise

from krakenbox.engine.book import BookSide
from krakenbox.model.order import Order, OrderStatus, OrderType, Reference, Side, TimeInForce, client_key
from krakenbox.venue.accounts import Account
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.market import Market
from krakenbox.venue.timers import TimerKind
from krakenbox.venue.venue import Venue

_OPEN = (OrderStatus.PENDING_NEW, OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


def audit(exchange: Exchange) -> None:
    """Assert what must hold between any two commands."""
    venue = exchange.venue
    _money(venue)
    for account in venue.accounts.values():
        _account(account)
    resting = [order for market in venue.markets.values() for order in _book(market)]
    listed = [order for account in venue.accounts.values() for order in account.orders.values()]
    dormant = [order for market in venue.markets.values() for order in _dormant(venue, market)]
    scheduled = [order for order in listed if order.scheduled]
    # Orders compare by identity: the very objects in the books are those of the accounts, each once.
    waiting = resting + dormant + scheduled
    assert Counter(map(id, waiting)) == Counter(map(id, listed)), "books and accounts list other orders"
    assert not venue.aftermath, f"left to be done: {venue.aftermath}"
    _timers(venue, listed)


def _money(venue: Venue) -> None:
    """Every asset sums to zero over all accounts; nobody but the outside world is in debt."""
    accounts = [venue.ledger.fees, *venue.accounts.values()]
    total: Counter[str] = Counter()
    for account in (venue.ledger.outside, *accounts):
        for asset, balance in account.balances.items():
            total[asset] += balance
    assert not any(total.values()), f"money appeared or vanished: {total}"
    for account in accounts:
        assert all(balance >= 0 for balance in account.balances.values()), f"{account.account} is in debt"


def _account(account: Account) -> None:
    """Holds, counts and client ids are exactly those of the open orders."""
    holds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for order in account.orders.values():
        assert order.account == account.account, f"{order.order_id} is listed under {account.account}"
        assert order.status in _OPEN, f"{order.order_id} is open and {order.status}"
        assert 0 <= order.filled < order.qty, f"{order.order_id}: filled {order.filled} of {order.qty}"
        assert order.hold >= 0, f"{order.order_id} holds {order.hold}"
        holds[order.hold_asset] += order.hold
        counts[order.terms.symbol] += 1
    for asset in {**account.holds, **holds}:
        assert holds[asset] == account.holds[asset], f"{account.account} holds of {asset} differ"
        assert account.available(asset) >= 0, f"{account.account}: {asset} below zero"
    assert counts == Counter(account.open_counts), f"{account.account}: {counts}, {account.open_counts}"
    client_ids = {client_key(o.terms.cl_ord_id): o for o in account.orders.values() if o.terms.cl_ord_id}
    assert client_ids == account.cl_ord_ids, f"{account.account}: client ids differ"
    assert account.volume.total == sum(account.volume.buckets), f"{account.account}: volume differs"


def _book(market: Market) -> list[Order]:
    """Both sides are sorted, their levels add up, and they do not cross. The orders in them."""
    assert not market.book.crossed, f"{market.instrument.symbol}: the book is crossed"
    return _side(market.book.bids) + _side(market.book.asks)


def _side(side: BookSide) -> list[Order]:
    assert side.keys == sorted(side.levels), "keys are the sorted keys of the levels"
    orders: list[Order] = []
    for key, level in side.levels.items():
        queue = list(level)
        assert queue, f"level {level.price} is empty"
        assert key == side.sign * level.price, f"level {level.price} under key {key}"
        assert level.qty == sum(order.shown for order in queue), f"level {level.price}: {level.qty}"
        for order in queue:
            most = min(order.remaining, order.display_qty or order.remaining)
            assert 0 < order.shown <= most, f"{order.order_id} shows {order.shown} of {most}"
            hides = order.display_qty or order.shown == order.remaining
            assert hides, f"{order.order_id} hides a part of {order.remaining}"
        assert level.tail is queue[-1], f"level {level.price}: the tail is not the last"
        times = [order.time_ns for order in queue]
        assert times == sorted(set(times)), f"level {level.price}: the queue is out of order"
        assert all(order.limit_price == level.price for order in queue), f"level {level.price}: strangers"
        assert all(a.next is b and b.prev is a for a, b in pairwise(queue))
        orders += queue
    return orders


def _dormant(venue: Venue, market: Market) -> list[Order]:
    """Every dormant order waits beyond the price it watches, its peak at or beyond that price."""
    triggers = market.triggers
    orders = list(triggers)
    assert triggers.sorted_rows(), "dormant orders are out of order"
    assert triggers.price(Reference.LAST) == market.last_price, "triggers saw another last price"
    assert triggers.price(Reference.INDEX) == (market.index_price or market.last_price)
    if not venue.matching(market):
        return orders
    for order in orders:
        name, terms = order.order_id, order.terms
        assert order.dormant, f"{name} is not dormant"
        assert (order.status, order.filled, order.shown) == (OrderStatus.NEW, 0, 0), f"{name} has traded"
        assert order.trigger_price > 0, f"{name}: trigger {order.trigger_price}"
        assert bool(order.limit_price) is (terms.order_type.working is OrderType.LIMIT), f"{name}: limit"
        assert not triggers.reached(order), f"{name} sleeps through its trigger"
        assert bool(order.peak_price) is terms.order_type.trailing, f"{name}: peak {order.peak_price}"
        if order.peak_price:
            beyond = (order.peak_price - triggers.watched(order)) * (1 if terms.side is Side.SELL else -1)
            assert beyond >= 0, f"{name}: the price has passed its peak"
    return orders


def _timers(venue: Venue, orders: list[Order]) -> None:
    """Exactly the good-till-date and the scheduled orders have a timer, none of it overdue."""
    due = {
        TimerKind.EXPIRE: {
            o.order_id: o.terms.expire_ns for o in orders if o.terms.time_in_force is TimeInForce.GTD
        },
        TimerKind.START: {
            o.order_id: o.terms.effective_ns
            for o in orders
            if o.scheduled
            if o.terms.effective_ns > venue.time_ns or venue.matching(venue.markets[o.terms.symbol])
        },
    }
    for kind, expected in due.items():
        pending = {t.order_id: at for t, (at, _) in venue.timers.pending.items() if t.kind is kind}
        assert expected == pending, f"timers are {pending}, orders say {expected}"
    assert all(at > venue.time_ns for at, _ in venue.timers.pending.values()), "a timer is overdue"
