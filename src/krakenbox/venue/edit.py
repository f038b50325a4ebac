"""Editing an open order: it is canceled and entered anew under another id. Rules: Kraken, edit_order."""

from msgspec.structs import replace

from krakenbox.model.command import EditOrder, PlaceOrder
from krakenbox.model.event import OrderEdited, OrderValidated
from krakenbox.model.fixed import Qty
from krakenbox.model.order import Order, OrderStatus, OrderTerms, PriceType
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.admission import enter
from krakenbox.venue.checks import Entry, arguments, first_refusal
from krakenbox.venue.lifecycle import withdraw
from krakenbox.venue.moment import Moment
from krakenbox.venue.ratelimit import charge, edit_cost
from krakenbox.venue.venue import Venue


def edit(venue: Venue, now: Moment, command: EditOrder) -> None:
    """Check the new order as if the old one were gone, then replace it; a refusal leaves the old one."""
    account, market = venue.accounts.get(command.account), venue.markets.get(command.symbol)
    if account is None:
        now.reject(Reject.PERMISSION_DENIED.text(), command.account)
        return
    if market is None:
        now.reject(Reject.PAIR_UNSUPPORTED.text(symbol=command.symbol), command.account)
        return
    order = account.orders.get(command.order_id)
    cost = edit_cost(order, now.time_ns)
    if order is None:
        refusal = charge(venue, now, account, command.symbol, cost) or Reject.UNKNOWN_ORDER.text()
        now.reject(refusal, command.account)
        return
    terms = _new_terms(order, command)
    entering = PlaceOrder(command.account, terms, command.deadline_ns, command.validate)
    entry = Entry(venue, account, market, entering, now.time_ns)
    entry.replaces = order
    text = (
        _uneditable(order, command)
        or arguments(entry)
        or charge(venue, now, account, command.symbol, cost)
        or first_refusal(entry)
    )
    if text is not None:
        now.reject(text, command.account)
    elif command.validate:
        now.emit(OrderValidated(now.time_ns, command.account, terms))
    else:
        withdraw(venue, now, order, OrderStatus.CANCELED, Reason.REPLACED)
        entered = enter(venue, now, entry)
        now.emit(OrderEdited(now.time_ns, command.account, entered.order_id, order.order_id))


def _uneditable(order: Order, command: EditOrder) -> str | None:
    """Why an order cannot be edited, whatever it would become."""
    field = ""
    if command.symbol != order.terms.symbol:
        field = "symbol"
    elif order.terms.conditional is not None:
        field = "conditional"
    elif order.triggered or (command.trigger is not None and order.terms.trigger is None):
        # Kraken, edit_order: not once the trigger of a stop or take-profit order has fired.
        field = "triggers"
    elif command.qty is not None and order.filled > command.qty:
        field = "order_qty"
    return Reject.INVALID_ARGUMENT.text(field=field) if field else None


def _new_terms(order: Order, command: EditOrder) -> OrderTerms:
    """The old order's terms as they stand, what the edit gives, and neither its `cl_ord_id` nor its fills."""
    terms = order.terms
    # The limit of what trails is an offset: the price it came to beside the old peak is not the new order's.
    limit_price = order.limit_price if terms.limit_price_type is PriceType.STATIC else terms.limit_price
    # Kraken, edit_order: fills stay with the old order, and the new quantity may not be below them. So it
    # is that of both together, and the new order has the rest.
    qty = order.qty if command.qty is None else command.qty
    return replace(
        terms,
        qty=Qty(qty - order.filled),
        limit_price=limit_price if command.limit_price is None else command.limit_price,
        display_qty=order.display_qty if command.display_qty is None else command.display_qty,
        # Kraken, edit_order: `post_only` is false unless given anew.
        post_only=command.post_only,
        trigger=command.trigger or terms.trigger,
        cl_ord_id="",
        userref=command.userref,
        fee_preference=command.fee_preference or terms.fee_preference,
        effective_ns=terms.effective_ns if order.scheduled else 0,
    )
