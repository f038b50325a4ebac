"""The stations of an order's life, each with its event: accept, open, rest, refill, withdraw, close."""

from krakenbox.model.event import (
    BookAction,
    BookChanged,
    IcebergRefilled,
    OrderAccepted,
    OrderClosed,
    OrderOpened,
)
from krakenbox.model.fixed import Qty
from krakenbox.model.order import Order, OrderStatus, TimeInForce
from krakenbox.model.reject import Reason
from krakenbox.venue.market import Market
from krakenbox.venue.moment import Moment
from krakenbox.venue.timers import Timer, TimerKind
from krakenbox.venue.venue import Venue


def accept(venue: Venue, now: Moment, order: Order) -> None:
    """Take an order in: from now on it holds its funds."""
    venue.accounts[order.account].enlist(order)
    now.emit(
        OrderAccepted(
            now.time_ns,
            order.account,
            order.order_id,
            order.terms,
            order.parent_id,
            order.trigger_price,
            order.peak_price,
        )
    )


def open_(now: Moment, order: Order) -> None:
    """Let an accepted order into the engine."""
    order.become(OrderStatus.NEW)
    now.emit(OrderOpened(now.time_ns, order.account, order.order_id, order.terms))


def rest(venue: Venue, now: Moment, market: Market, order: Order) -> None:
    """Put what remains of an order into the book."""
    expect_end(venue, order)
    join(now, market, order)


def expect_end(venue: Venue, order: Order) -> None:
    """Set the timer of a good-till-date order that will wait, in the book or for its trigger or start."""
    if order.terms.time_in_force is not TimeInForce.GTD:
        return
    expiry = _expiry(order)
    if expiry not in venue.timers.pending:
        venue.timers.set(expiry, order.terms.expire_ns)


def expect_start(venue: Venue, order: Order) -> None:
    """Set the timer of an accepted order that begins later."""
    venue.timers.set(_start(order), order.terms.effective_ns)


def join(now: Moment, market: Market, order: Order) -> None:
    """Queue an order, or the next slice of an iceberg, behind the others of its price."""
    remaining = order.qty - order.filled
    order.shown = Qty(min(order.display_qty, remaining) if order.display_qty else remaining)
    level_qty = market.book.own(order.terms.side).rest(order)
    book_changed(now, order, level_qty, BookAction.ADDED, order.shown)


def refill(now: Moment, market: Market, order: Order) -> None:
    """Show the next slice of an iceberg whose visible part was used up."""
    # Kraken, guide "spot amends": a reload joins the back of the visible queue.
    remaining = order.qty - order.filled
    order.time_ns = now.time_ns
    now.emit(
        IcebergRefilled(
            now.time_ns,
            order.account,
            order.order_id,
            order.terms,
            order.status,
            Qty(min(order.display_qty, remaining)),
        )
    )
    join(now, market, order)


def leave(venue: Venue, now: Moment, order: Order) -> None:
    """Take a resting order out of the book."""
    level_qty = venue.markets[order.terms.symbol].book.own(order.terms.side).remove(order)
    book_changed(now, order, level_qty, BookAction.REMOVED, order.shown)


def withdraw(venue: Venue, now: Moment, order: Order, status: OrderStatus, reason: Reason) -> None:
    """Take an open order out of the book, or out of the dormant ones, and end it."""
    if order.dormant:
        venue.markets[order.terms.symbol].triggers.remove(order)
    elif not order.scheduled:
        leave(venue, now, order)
    close(venue, now, order, status, reason)


def close(venue: Venue, now: Moment, order: Order, status: OrderStatus, reason: Reason) -> None:
    """End an order that is in no book (any more): release its hold and forget it."""
    order.become(status)
    venue.accounts[order.account].delist(order)
    if order.terms.time_in_force is TimeInForce.GTD:
        venue.timers.clear(_expiry(order))
    if order.terms.effective_ns:
        venue.timers.clear(_start(order))
    now.emit(
        OrderClosed(
            now.time_ns,
            order.account,
            order.order_id,
            order.terms,
            status,
            reason,
            order.filled,
            order.cum_cost,
            order.avg_price,
            order.fee_usd,
        )
    )


def book_changed(now: Moment, order: Order, level_qty: Qty, action: BookAction, order_qty: Qty) -> None:
    """Say what happened to one visible order."""
    terms = order.terms
    now.emit(
        BookChanged(
            now.time_ns,
            terms.symbol,
            terms.side,
            order.limit_price,
            level_qty,
            action,
            order.order_id,
            order_qty,
            order.time_ns,
        )
    )


def _expiry(order: Order) -> Timer:
    return Timer(TimerKind.EXPIRE, order.account, order.order_id)


def _start(order: Order) -> Timer:
    return Timer(TimerKind.START, order.account, order.order_id)
