"""The auditor of a simulated world: every invariant of the venue and of what its clients know.

A client is compared where nothing is under way between it and the venue; whatever it was told meanwhile was
checked as it arrived.
"""

from decimal import Decimal

from krakenbox.engine.book import BookSide
from krakenbox.feeds.executions import ExecutionOptions
from krakenbox.feeds.hub import Hub, Subscriber, ViewKey
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, Order, OrderStatus, PriceType
from krakenbox.sim.clients import Client, Trader
from krakenbox.sim.process import Process
from krakenbox.sim.replicas import BookReplica, OrdersReplica, Row
from krakenbox.venue.audit import audit

_NOBODY = Subscriber(0)
_VIEWS = (
    ("book", 10),
    ("book", 100),
    ("level3", 10),
    ("level3", 100),
    ("trade", 0),
    ("ticker", "trades"),
    ("ticker", "bbo"),
    ("ohlc", 1),
    ("ohlc", 5),
)


def check(process: Process, clients: list[Client]) -> int:
    """Assert what must hold between two steps; how many clients were compared."""
    audit(process.exchange)
    if process.hub.seq != process.exchange.venue.seq:
        return 0  # what is applied is not all durable yet
    waiting = set(process.hub.dirty())
    compared = [
        client
        for client in clients
        if client.link.is_open and client.link.drained and client.who not in waiting
    ]
    for client in compared:
        _client(process, client)
    return len(compared)


def _client(process: Process, client: Client) -> None:
    markets = process.exchange.venue.markets
    for symbol, book in client.books.items():
        market = markets[symbol]
        _book(market.instrument, market.book.bids, book, "bids")
        _book(market.instrument, market.book.asks, book, "asks")
    for symbol, queues in client.queues.items():
        market = markets[symbol]
        _queues(market.instrument, market.book.bids, queues, "bids")
        _queues(market.instrument, market.book.asks, queues, "asks")
    if isinstance(client, Trader) and client.follows:
        _orders(process, client)
    if isinstance(client, Trader) and client.balances is not None:
        _balances(process, client.account, client.balances.held)


def _book(i: Instrument, side: BookSide, replica: BookReplica, name: str) -> None:
    expected = [
        (to_text(level.price, i.price_decimals), to_text(level.qty, i.qty_decimals))
        for level, _ in zip(side, range(replica.depth), strict=False)
    ]
    found = replica.levels(name)
    assert found == expected, f"{i.symbol}: the {name} are {expected}; a client sees {found}"


def _queues(i: Instrument, side: BookSide, replica: OrdersReplica, name: str) -> None:
    expected = [
        (
            to_text(level.price, i.price_decimals),
            [(order.order_id, to_text(order.shown, i.qty_decimals)) for order in level],
        )
        for level, _ in zip(side, range(replica.depth), strict=False)
    ]
    found = replica.queues(name)
    assert found == expected, f"{i.symbol}: the {name} queue as {expected}; a client sees {found}"


def _orders(process: Process, client: Trader) -> None:
    orders = process.exchange.venue.accounts[client.account].orders
    known = client.orders.open
    assert list(known) == list(orders), f"{client.name} has {list(orders)} open; knows of {list(known)}"
    for order_id, order in orders.items():
        i = process.exchange.venue.markets[order.terms.symbol].instrument
        own = known[order_id]
        found, expected = _shown(own.row, order), _expected(order, i)
        assert found == expected, f"{client.name}: {order_id} is {expected}; it knows {found}"
        filled = to_text(order.filled, i.qty_decimals)
        assert own.filled == Decimal(filled), (
            f"{client.name}: {order_id} has filled {filled}, not {own.filled}"
        )


def _shown(row: Row, order: Order) -> dict[str, object]:
    names = ["symbol", "side", "order_type", "order_status"]
    if not order.terms.cash_qty:
        names.append("order_qty")
    if _has_limit(order):
        names.append("limit_price")
    if order.display_qty:
        names.append("display_qty")
    return {name: row.get(name) for name in names}


def _expected(order: Order, i: Instrument) -> dict[str, object]:
    terms = order.terms
    expected: dict[str, object] = {
        "symbol": terms.symbol,
        "side": terms.side.value,
        "order_type": terms.order_type.value,
        "order_status": order.status.value,
    }
    if not terms.cash_qty:
        expected["order_qty"] = to_text(order.qty, i.qty_decimals)
    if _has_limit(order):
        expected["limit_price"] = to_text(order.limit_price, i.price_decimals)
    if order.display_qty:
        expected["display_qty"] = to_text(order.display_qty, i.qty_decimals)
    return expected


def _has_limit(order: Order) -> bool:
    static = order.terms.limit_price_type is PriceType.STATIC
    return bool(order.limit_price) and static and order.status is not OrderStatus.PENDING_NEW


def _balances(process: Process, account: AccountId, held: dict[str, str]) -> None:
    venue = process.exchange.venue
    expected = {
        name: to_text(balance, venue.instruments.assets[name].decimals)
        for name, balance in venue.accounts[account].balances.items()
        if balance
    }
    found = {name: text for name, text in held.items() if Decimal(text)}
    assert found == expected, f"{account} has {expected}; it knows of {found}"


def same_views(process: Process, ghost: Hub, clock_ns: int) -> None:
    """Assert that the views of a new process are those its predecessor would show."""
    hub = process.hub
    assert hub.seq == ghost.seq, f"the views stand at {hub.seq} after a restart; stood at {ghost.seq}"
    views = [ViewKey("instrument")]
    views += [
        ViewKey(name, symbol, param) for symbol in process.exchange.venue.markets for name, param in _VIEWS
    ]
    for view in views:
        found, expected = hub.snapshot(view, clock_ns), ghost.snapshot(view, clock_ns)
        assert found == expected, f"{view} is {found!r} after a restart; was {expected!r}"
    options = ExecutionOptions(snap_trades=True, ratecounter=True)
    for account in process.exchange.venue.accounts:
        found, expected = _private(hub, account, options), _private(ghost, account, options)
        assert found == expected, f"{account} sees {found!r} after a restart; saw {expected!r}"


def _private(hub: Hub, account: AccountId, options: ExecutionOptions) -> bytes:
    orders = hub.subscribe_executions(_NOBODY, account, options)
    balances = hub.subscribe_balances(_NOBODY, account)
    hub.unsubscribe_executions(_NOBODY)
    hub.unsubscribe_balances(_NOBODY)
    return orders + balances
