"""Amending an open order in place. Rules: Kraken, guide "spot amends", and the page of amend_order.

    change                place in the queue                     visible part
    quantity down         kept                                   no more than remains
    quantity up           back of its price                      anew
    display down          kept                                   no more than the new display quantity
    display up            kept                                   grows with the next reload
    limit price           back of the new price                  anew, after it took what it meets
    trigger price         not in the book yet

A refused amend changes nothing but the rate counter.
"""

from krakenbox.model.command import AmendOrder
from krakenbox.model.event import BookAction, OrderAmended
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.ids import AMEND
from krakenbox.model.order import OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.amendment import Amendment, arguments, first_refusal
from krakenbox.venue.execution import execute, planned
from krakenbox.venue.lifecycle import book_changed, leave, withdraw
from krakenbox.venue.moment import Moment
from krakenbox.venue.ratelimit import amend_cost, charge, charge_cancel
from krakenbox.venue.venue import Venue


def amend(venue: Venue, now: Moment, command: AmendOrder) -> None:
    """Check an amend, then carry it out."""
    account = venue.accounts.get(command.account)
    order = account.named(command.ref) if account is not None else None
    if _is_empty(command):
        now.reject(Reject.INVALID_ARGUMENTS.text(), command.account)
    elif account is None or order is None:
        refusal = Reject.PERMISSION_DENIED if account is None else Reject.UNKNOWN_ORDER
        now.reject(refusal.text(), command.account)
    else:
        amendment = Amendment(venue, account, order, command, now.time_ns)
        cost = amend_cost(order, now.time_ns)
        text = (
            arguments(amendment)
            or charge(venue, now, account, order.terms.symbol, cost)
            or first_refusal(amendment)
        )
        if text is not None:
            now.reject(text, command.account)
        else:
            _carry_out(venue, now, amendment)


def _is_empty(command: AmendOrder) -> bool:
    values = (command.qty, command.display_qty, command.limit_price, command.trigger_price)
    return all(value is None for value in values)


def _carry_out(venue: Venue, now: Moment, amendment: Amendment) -> None:
    order = amendment.order
    if amendment.ends:
        # Kraken, guide "spot amends": below the filled quantity the rest is canceled, at a cancel's rate.
        charge_cancel(venue, now, amendment.account, order)
        order.amended = True
        # Whatever else was to change: the order that ends is the one that stood.
        amendment.limit_price, amendment.display_qty = order.limit_price, order.display_qty
        _tell(now, amendment, order.filled)
        withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)
        return
    _tell(now, amendment, amendment.qty)
    order.amended, order.touched_ns = True, now.time_ns
    amendment.account.hold(order, amendment.hold)
    if not amendment.resting:
        _change_waiting(amendment)
    elif amendment.limit_price != order.limit_price or amendment.qty > order.qty:
        _requeue(venue, now, amendment)
    else:
        _change_in_place(now, amendment)


def _tell(now: Moment, amendment: Amendment, qty: int) -> None:
    order = amendment.order
    now.emit(
        OrderAmended(
            now.time_ns,
            order.account,
            order.order_id,
            amendment.terms,
            now.mint(AMEND),
            order.status,
            Reason.USER,
            Qty(qty),
            Qty(amendment.display_qty),
            Price(amendment.limit_price),
            Price(amendment.trigger_price),
            order.filled,
        )
    )


def _change_waiting(amendment: Amendment) -> None:
    """Change an order that waits for its trigger or its start: no queue knows it."""
    order, triggers = amendment.order, amendment.market.triggers
    if order.dormant:
        triggers.reprice(order, amendment.terms, amendment.trigger_price)
    order.terms, order.trigger_price = amendment.terms, amendment.trigger_price
    _set(amendment)


def _requeue(venue: Venue, now: Moment, amendment: Amendment) -> None:
    """Take an order out of its queue and let it in again: it matches what it meets and rests at the back."""
    order, market = amendment.order, amendment.market
    leave(venue, now, order)
    order.terms = amendment.terms
    _set(amendment)
    order.time_ns = now.time_ns
    execute(venue, now, market, order, planned(venue, market, order, post_only=False))


def _change_in_place(now: Moment, amendment: Amendment) -> None:
    """Let a resting order keep its place; it shows no more than its display quantity and what remains."""
    order = amendment.order
    most = amendment.display_qty or amendment.remaining
    shown = Qty(min(order.shown, most, amendment.remaining))
    if shown != order.shown:
        level_qty = amendment.market.book.own(order.terms.side).show(order, shown)
        book_changed(now, order, level_qty, BookAction.MODIFIED, shown)
    _set(amendment)


def _set(amendment: Amendment) -> None:
    order = amendment.order
    order.qty, order.display_qty = Qty(amendment.qty), Qty(amendment.display_qty)
    order.limit_price = Price(amendment.limit_price)
