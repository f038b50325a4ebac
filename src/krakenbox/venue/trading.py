"""What clients do: place, cancel, cancel all; and what time does to their orders."""

from typing import assert_never

from krakenbox.model.command import CancelAll, CancelOrder, CancelOrders, OrderRef, PlaceOrder
from krakenbox.model.event import OrdersCanceled, OrderValidated
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import Order, OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.accounts import Account
from krakenbox.venue.admission import begin, enter
from krakenbox.venue.checks import Entry, arguments, first_refusal
from krakenbox.venue.lifecycle import withdraw
from krakenbox.venue.moment import Moment
from krakenbox.venue.ratelimit import ADD, charge, charge_cancel
from krakenbox.venue.switch import cancel_everything
from krakenbox.venue.timers import Timer, TimerKind
from krakenbox.venue.venue import Venue


def place(venue: Venue, now: Moment, command: PlaceOrder) -> None:
    """Check an order, then let it in, or with `validate` only say that it would be."""
    account = venue.accounts.get(command.account)
    market = venue.markets.get(command.terms.symbol)
    if account is None:
        now.reject(Reject.PERMISSION_DENIED.text(), command.account)
    elif market is None:
        now.reject(Reject.PAIR_UNSUPPORTED.text(symbol=command.terms.symbol), command.account)
    else:
        entry = Entry(venue, account, market, command, now.time_ns)
        refusal = arguments(entry) or charge(venue, now, account, command.terms.symbol, ADD)
        if refusal is not None:
            now.reject(refusal, command.account)
        else:
            admit(venue, now, entry)


def admit(venue: Venue, now: Moment, entry: Entry) -> None:
    """Make the checks that come after the rate counter, and let an order in that passes."""
    refusal = first_refusal(entry)
    if refusal is not None:
        now.reject(refusal, entry.command.account)
    elif entry.command.validate:
        now.emit(OrderValidated(now.time_ns, entry.command.account, entry.terms))
    else:
        enter(venue, now, entry)


def cancel(venue: Venue, now: Moment, command: CancelOrder) -> None:
    """Cancel the open order, or orders, of one reference."""
    if in_maintenance(venue, now, command):
        return
    account = venue.accounts.get(command.account)
    orders = referred(account, command.ref) if account is not None else []
    if account is None or not orders:
        now.reject(Reject.UNKNOWN_ORDER.text(), command.account)
        return
    for order in orders:
        charge_cancel(venue, now, account, order)
        withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)


def referred(account: Account, ref: OrderRef) -> list[Order]:
    """Open orders a reference names, in order of entry."""
    if ref.userref is not None:
        # An order carries a cl_ord_id or a userref, and the userref 0 if neither was given.
        return [
            o for o in account.orders.values() if o.terms.userref == ref.userref and not o.terms.cl_ord_id
        ]
    found = account.named(ref)
    return [found] if found is not None else []


def cancel_all(venue: Venue, now: Moment, command: CancelAll) -> None:
    """Cancel every open order of an account, in order of entry."""
    if in_maintenance(venue, now, command):
        return
    account = venue.accounts.get(command.account)
    orders = list(account.orders.values()) if account is not None else []
    for order in orders:
        withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)
    now.emit(OrdersCanceled(now.time_ns, command.account, len(orders)))


def in_maintenance(venue: Venue, now: Moment, command: CancelOrder | CancelOrders | CancelAll) -> bool:
    """Refuse a cancel in maintenance (Kraken, status channel: neither orders nor cancels)."""
    if venue.status is not SystemStatus.MAINTENANCE:
        return False
    now.reject(Reject.UNAVAILABLE.text(), command.account)
    return True


def fire(venue: Venue, now: Moment, timer: Timer) -> None:
    """Do what a timer was set for; `now` stands at its due time."""
    match timer.kind:
        case TimerKind.EXPIRE:
            order = venue.accounts[timer.account].orders[timer.order_id]
            withdraw(venue, now, order, OrderStatus.EXPIRED, Reason.EXPIRED)
        case TimerKind.CANCEL_ALL:
            cancel_everything(venue, now, timer.account)
        case TimerKind.START:
            begin(venue, now, venue.accounts[timer.account].orders[timer.order_id])
        case _:
            assert_never(timer.kind)
