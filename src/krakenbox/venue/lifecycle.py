"""The stations of an order's life, each with its event: accept, open, rest, withdraw, close."""

from krakenbox.model.event import BookAction, BookChanged, OrderAccepted, OrderClosed, OrderOpened
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
    now.emit(OrderAccepted(now.time_ns, order.account, order.order_id, order.terms))


def open_(now: Moment, order: Order) -> None:
    """Let an accepted order into the engine."""
    order.become(OrderStatus.NEW)
    now.emit(OrderOpened(now.time_ns, order.account, order.order_id, order.terms))


def rest(venue: Venue, now: Moment, market: Market, order: Order) -> None:
    """Put what remains of an order into the book."""
    level_qty = market.book.own(order.terms.side).rest(order)
    if order.terms.time_in_force is TimeInForce.GTD:
        venue.timers.set(_expiry(order), order.terms.expire_ns)
    book_changed(now, order, level_qty, BookAction.ADDED, Qty(order.qty - order.filled))


def withdraw(venue: Venue, now: Moment, order: Order, status: OrderStatus, reason: Reason) -> None:
    """Take a resting order out of the book and end it."""
    level_qty = venue.markets[order.terms.symbol].book.own(order.terms.side).remove(order)
    book_changed(now, order, level_qty, BookAction.REMOVED, Qty(order.qty - order.filled))
    close(venue, now, order, status, reason)


def close(venue: Venue, now: Moment, order: Order, status: OrderStatus, reason: Reason) -> None:
    """End an order that is in no book (any more): release its hold and forget it."""
    order.become(status)
    venue.accounts[order.account].delist(order)
    if order.terms.time_in_force is TimeInForce.GTD:
        venue.timers.clear(_expiry(order))
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
