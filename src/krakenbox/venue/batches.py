"""Several orders in one command: entered or canceled one after the other, as if each came alone."""

from krakenbox.model.command import CancelOrders, PlaceOrder, PlaceOrders
from krakenbox.model.event import OrdersCanceled
from krakenbox.model.order import OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.checks import Entry, arguments
from krakenbox.venue.lifecycle import withdraw
from krakenbox.venue.moment import Moment
from krakenbox.venue.ratelimit import batch_add_cost, charge, charge_cancel
from krakenbox.venue.trading import admit, in_maintenance, referred
from krakenbox.venue.venue import Venue
from krakenbox.venue.waking import settle_down


def place_orders(venue: Venue, now: Moment, command: PlaceOrders) -> None:
    """Enter orders of one pair. One that contradicts itself refuses all; each of the others has its own end.

    One refusal and nothing else is that of the batch; otherwise each order has, in the order of the command,
    its acceptance, its refusal or its validation.
    """
    refusal = _batch_refusal(venue, command)
    if refusal is not None:
        now.reject(refusal, command.account)
        return
    account, symbol = venue.accounts[command.account], command.orders[0].symbol
    entries = [
        Entry(
            venue,
            account,
            venue.markets[symbol],
            PlaceOrder(command.account, terms, command.deadline_ns, command.validate),
            now.time_ns,
        )
        for terms in command.orders
    ]
    refusal = next(filter(None, map(arguments, entries)), None)
    refusal = refusal or charge(venue, now, account, symbol, batch_add_cost(len(entries)))
    if refusal is not None:
        now.reject(refusal, command.account)
        return
    for entry in entries:
        admit(venue, now, entry)
        # What an order trades wakes others before the next one comes, as between two commands.
        settle_down(venue, now)


def _batch_refusal(venue: Venue, command: PlaceOrders) -> str | None:
    symbols = {terms.symbol for terms in command.orders}
    if command.account not in venue.accounts:
        return Reject.PERMISSION_DENIED.text()
    if len(symbols) != 1:
        return Reject.INVALID_ARGUMENT.text(field="symbol" if symbols else "orders")
    (symbol,) = symbols
    return None if symbol in venue.markets else Reject.PAIR_UNSUPPORTED.text(symbol=symbol)


def cancel_orders(venue: Venue, now: Moment, command: CancelOrders) -> None:
    """Cancel the open orders that the references name; one that names none does not count."""
    if in_maintenance(venue, now, command):
        return
    count = 0
    account = venue.accounts.get(command.account)
    for ref in command.refs if account is not None else ():
        assert account is not None
        for order in referred(account, ref):
            charge_cancel(venue, now, account, order)
            withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)
            count += 1
    now.emit(OrdersCanceled(now.time_ns, command.account, count))
