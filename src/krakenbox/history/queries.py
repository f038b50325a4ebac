"""What is read: functions of a connection, for `History.read`. Rows come as structs, in integers again.

await history.read(lambda c: closed_orders(c, account, Page(start="OABCDE-...", limit=50), Wanted()))
"""

from collections.abc import Callable, Collection
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    Table,
    and_,
    func,
    select,
    true,
)

from krakenbox.history.schema import AMENDS, CANDLES, FILLS, LEDGER, ORDERS, TRADES
from krakenbox.model.command import Bar
from krakenbox.model.event import LedgerKind, Traded
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.ids import AMEND
from krakenbox.model.order import (
    AccountId,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    PriceType,
    Side,
    client_key,
)
from krakenbox.model.reject import Reason

PAGE = 50
"""Rows of a page (Kraken, REST: 50 of ClosedOrders, TradesHistory, Ledgers)."""

T = TypeVar("T")
Moment = int | str | None
"""A time in ns, or the id of a row that has one, or no bound."""


class PastOrder(Struct, frozen=True):
    """An order and what became of it; it may still be open."""

    order_id: OrderId
    account: AccountId
    entered: OrderTerms
    terms: OrderTerms
    """As last amended."""
    status: OrderStatus
    reason: Reason
    opened_ns: int
    closed_ns: int | None
    """None while it is open."""
    limit_price: Price
    """Effective; that of `terms` may be an offset."""
    trigger_price: Price
    """Effective, as last moved."""
    first_trigger_price: Price
    triggered: bool
    amended: bool
    cum_qty: Qty
    cum_cost: Cost
    avg_price: Price
    fee_usd: Cost
    parent_id: OrderId
    replaces: OrderId


class Fill(Struct, frozen=True):
    """One side of a trade."""

    exec_id: str
    account: AccountId
    order_id: OrderId
    symbol: str
    side: Side
    order_type: OrderType
    time_ns: int
    trade_id: int
    price: Price
    qty: Qty
    cost: Cost
    fee: int
    """At the precision of cost, or of quantity if `fee_asset` is the base."""
    fee_asset: str
    fee_usd: Cost
    maker: bool


class LedgerEntry(Struct, frozen=True):
    """One posting to a balance."""

    ledger_id: str
    account: AccountId
    asset: str
    kind: LedgerKind
    ref_id: str
    time_ns: int
    amount: Amount
    fee: Amount
    balance: Amount


class Amend(Struct, frozen=True):
    """How an order stood from a moment on: `original`, or after an amend."""

    amend_id: str
    kind: Literal["original", "user", "restated"]
    time_ns: int
    reason: str
    qty: Qty
    remaining_qty: Qty
    display_qty: Qty
    limit_price: Price
    trigger_price: Price
    post_only: bool


class Page(Struct, frozen=True):
    """Which rows of many: newest first, between two moments."""

    start: Moment = None
    """Exclusive."""
    end: Moment = None
    """Inclusive."""
    offset: int = 0
    limit: int = PAGE
    counted: bool = False
    """Whether to count all that there are."""


class Found(Struct, Generic[T], frozen=True):
    """A page's rows."""

    rows: list[T]
    count: int | None = None
    """How many rows there are on all pages, if that was asked."""


class Wanted(Struct, frozen=True):
    """Which closed orders."""

    by: Literal["open", "close", "both"] = "both"
    """Whose time lies in the page's: that of their entry, of their end, or either."""
    userref: int | None = None
    cl_ord_id: str = ""


def closed_orders(connection: Connection, account: AccountId, page: Page, wanted: Wanted) -> Found[PastOrder]:
    """Orders that ended, latest end first."""
    o = ORDERS.c
    found = select(ORDERS).where(o.account == account, o.closed_ns.is_not(None))
    if wanted.userref is not None:
        found = found.where(o.userref == wanted.userref)
    if wanted.cl_ord_id:
        found = found.where(_named_by_client(wanted.cl_ord_id))
    opened, closed = _between(page, o.opened_ns, o.order_id), _between(page, o.closed_ns, o.order_id)
    within = {"open": opened, "close": closed, "both": opened | closed}[wanted.by]
    return _page(connection, found.where(within).order_by(o.closed_ns.desc(), o.id.desc()), page, _order)


def orders_by_id(connection: Connection, account: AccountId, order_ids: Collection[str]) -> list[PastOrder]:
    """An account's orders of these ids, open ones too."""
    return _by(connection, ORDERS, account, ORDERS.c.order_id.in_(order_ids), _order)


def fills(connection: Connection, account: AccountId, page: Page) -> Found[Fill]:
    """An account's fills, latest first."""
    f = FILLS.c
    found = select(FILLS).where(f.account == account, _between(page, f.time_ns, f.exec_id))
    return _page(connection, found.order_by(f.time_ns.desc(), f.id.desc()), page, _fill)


def fills_by_id(connection: Connection, account: AccountId, exec_ids: Collection[str]) -> list[Fill]:
    """An account's fills of these ids."""
    return _by(connection, FILLS, account, FILLS.c.exec_id.in_(exec_ids), _fill)


def fills_of_orders(connection: Connection, account: AccountId, order_ids: Collection[str]) -> list[Fill]:
    """The fills of these orders, oldest first: their trades and fees."""
    return _by(connection, FILLS, account, FILLS.c.order_id.in_(order_ids), _fill)


def ledger(
    connection: Connection,
    account: AccountId,
    page: Page,
    assets: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
) -> Found[LedgerEntry]:
    """An account's ledger entries, latest first, of all assets and kinds unless some are named."""
    e = LEDGER.c
    found = select(LEDGER).where(e.account == account, _between(page, e.time_ns, e.ledger_id))
    if assets is not None:
        found = found.where(e.asset.in_(assets))
    if kinds is not None:
        found = found.where(e.kind.in_(kinds))
    return _page(connection, found.order_by(e.time_ns.desc(), e.id.desc()), page, _entry)


def ledger_by_id(
    connection: Connection, account: AccountId, ledger_ids: Collection[str]
) -> list[LedgerEntry]:
    """An account's ledger entries of these ids."""
    return _by(connection, LEDGER, account, LEDGER.c.ledger_id.in_(ledger_ids), _entry)


def ledger_of(connection: Connection, account: AccountId, ref_ids: Collection[str]) -> list[LedgerEntry]:
    """The ledger entries that fills or deposits of these ids made."""
    return _by(connection, LEDGER, account, LEDGER.c.ref_id.in_(ref_ids), _entry)


def amends(connection: Connection, account: AccountId, order_id: str) -> list[Amend]:
    """How an order was entered, then each amend, oldest first; nothing of an unknown order."""
    orders = orders_by_id(connection, account, [order_id])
    if not orders:
        return []
    post_only = orders[0].entered.post_only
    found = select(AMENDS).where(AMENDS.c.order_id == order_id).order_by(AMENDS.c.id)
    return [_original(orders[0]), *(_amend(row, post_only) for row in connection.execute(found))]


def candles(connection: Connection, symbol: str, minutes: int, since_ns: int, limit: int) -> list[Bar]:
    """The newest candles of an interval that begin at or after a time, oldest first."""
    c = CANDLES.c
    found = select(CANDLES).where(c.symbol == symbol, c.minutes == minutes, c.begin_ns >= since_ns)
    rows = connection.execute(found.order_by(c.begin_ns.desc()).limit(limit))
    return [_bar(row) for row in rows][::-1]


def trades(connection: Connection, symbol: str, since_ns: int, limit: int) -> list[Traded]:
    """The first public trades after a time, oldest first."""
    t = TRADES.c
    found = select(TRADES).where(t.symbol == symbol, t.time_ns > since_ns)
    return [_trade(row) for row in connection.execute(found.order_by(t.time_ns, t.trade_id).limit(limit))]


# --- how


def _named_by_client(cl_ord_id: str) -> ColumnElement[bool]:
    """Orders of a client's id; a UUID in any of its spellings."""
    column, key = ORDERS.c.cl_ord_id, client_key(cl_ord_id)
    if len(key) != _UUID_DIGITS:
        return column == key
    return func.lower(func.replace(column, "-", "")) == key


_UUID_DIGITS = 32
_decode_terms = msgspec.json.Decoder(OrderTerms).decode


def _between(page: Page, time: Column[int], named: Column[str]) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if page.start is not None:
        bounds.append(time > _time(page.start, named))
    if page.end is not None:
        bounds.append(time <= _time(page.end, named))
    return and_(true(), *bounds)


def _time(moment: int | str, named: Column[str]) -> int | ScalarSelect[int]:
    """A time, or that of a row: for an order its entry (Kraken, REST ClosedOrders, `start`)."""
    if isinstance(moment, int):
        return moment
    table = named.table
    time = table.c.opened_ns if table is ORDERS else table.c.time_ns
    twin = table.alias()
    return select(twin.c[time.name]).where(twin.c[named.name] == moment).scalar_subquery()


def _page(connection: Connection, found: Select[Any], page: Page, made: Callable[[Row[Any]], T]) -> Found[T]:
    rows = [made(row) for row in connection.execute(found.offset(page.offset).limit(page.limit))]
    if not page.counted:
        return Found(rows)
    return Found(rows, connection.scalar(select(func.count()).select_from(found.order_by(None).subquery())))


def _by(
    connection: Connection,
    table: Table,
    account: AccountId,
    condition: ColumnElement[bool],
    made: Callable[[Row[Any]], T],
) -> list[T]:
    found = select(table).where(table.c.account == account, condition).order_by(table.c.id)
    return [made(row) for row in connection.execute(found)]


def _order(row: Row[Any]) -> PastOrder:
    entered = _decode_terms(row.terms)
    terms = _decode_terms(row.amended_terms) if row.amended_terms else entered
    limit_price = row.limit_price if terms.limit_price_type is PriceType.STATIC else terms.limit_price
    return PastOrder(
        order_id=row.order_id,
        account=row.account,
        entered=entered,
        terms=replace(terms, qty=row.qty, display_qty=row.display_qty, limit_price=limit_price),
        status=OrderStatus(row.status),
        reason=Reason(row.reason),
        opened_ns=row.opened_ns,
        closed_ns=row.closed_ns,
        limit_price=row.limit_price,
        trigger_price=row.trigger_price,
        first_trigger_price=row.first_trigger_price,
        triggered=row.triggered,
        amended=row.amended,
        cum_qty=row.cum_qty,
        cum_cost=row.cum_cost,
        avg_price=row.avg_price,
        fee_usd=row.fee_usd,
        parent_id=row.parent_id,
        replaces=row.replaces,
    )


def _fill(row: Row[Any]) -> Fill:
    return Fill(
        exec_id=row.exec_id,
        account=row.account,
        order_id=row.order_id,
        symbol=row.symbol,
        side=Side(row.side),
        order_type=OrderType(row.order_type),
        time_ns=row.time_ns,
        trade_id=row.trade_id,
        price=row.price,
        qty=row.qty,
        cost=row.cost,
        fee=row.fee,
        fee_asset=row.fee_asset,
        fee_usd=row.fee_usd,
        maker=row.maker,
    )


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        ledger_id=row.ledger_id,
        account=row.account,
        asset=row.asset,
        kind=LedgerKind(row.kind),
        ref_id=row.ref_id,
        time_ns=row.time_ns,
        amount=row.amount,
        fee=row.fee,
        balance=row.balance,
    )


def _original(order: PastOrder) -> Amend:
    """Its id is the order's with the letter of an amend: no other thing has the rest of it."""
    terms = order.entered
    return Amend(
        amend_id=AMEND + order.order_id[1:],
        kind="original",
        time_ns=order.opened_ns,
        reason="",
        qty=terms.qty,
        remaining_qty=terms.qty,
        display_qty=terms.display_qty,
        limit_price=terms.limit_price,
        trigger_price=order.first_trigger_price,
        post_only=terms.post_only,
    )


def _amend(row: Row[Any], post_only: bool) -> Amend:
    return Amend(
        amend_id=row.amend_id,
        kind=row.kind,
        time_ns=row.time_ns,
        reason=row.reason,
        qty=row.qty,
        remaining_qty=Qty(row.qty - row.cum_qty),
        display_qty=row.display_qty,
        limit_price=row.limit_price,
        trigger_price=row.trigger_price,
        post_only=post_only,
    )


def _bar(row: Row[Any]) -> Bar:
    prices = (row.open, row.high, row.low, row.close)
    return Bar(row.begin_ns, row.minutes, *prices, row.qty, row.cost, row.trades)


def _trade(row: Row[Any]) -> Traded:
    side, kind = Side(row.taker_side), OrderType(row.taker_type)
    return Traded(row.time_ns, row.symbol, row.trade_id, row.price, row.qty, side, kind)
