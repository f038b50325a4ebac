"""New orders of API v2: `add_order` and `batch_add`."""

from collections.abc import Sequence
from typing import TypeGuard

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Named, Origin
from krakenbox.gateway.method import MODIFY, Method, Refusal, Submission, answer_once, refused
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.terms import deadline_ns, deadline_refusal, order_terms, static_refusal
from krakenbox.model.command import OrderRef, PlaceOrder, PlaceOrders
from krakenbox.model.event import Event, OrderAccepted, OrderValidated, Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId, OrderTerms
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2 import methods, results

MIN_BATCH, MAX_BATCH = 2, 15
"""Orders of one batch_add (Kraken, websocket-v2/batch_add)."""

Entered = OrderAccepted | OrderValidated
"""An order that a request entered or, with `validate`, would have."""


# --- add_order


def _add_order_refusal(params: methods.AddOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    if table.get(params.symbol) is None:
        return Refusal(pair=params.symbol)
    return refused(static_refusal(params, now_ns) or deadline_refusal(params.deadline, now_ns))


def _place(params: methods.AddOrder, account: AccountId, hub: Hub, now_ns: int) -> list[Submission] | str:
    terms = order_terms(params, hub.reference.table.instruments[params.symbol])
    if isinstance(terms, str):
        return terms
    command = PlaceOrder(account, terms, deadline_ns(params.deadline, now_ns), params.validate)
    return [Submission(command, OrderRef(userref=params.order_userref), results.warnings(params))]


def _added(event: Event, origin: Origin) -> str | None:
    return _row(event, origin.ref.userref, origin.warnings) if _is_entry(event) else None


def _row(end: Entered, userref: int | None, warnings: tuple[str, ...]) -> str:
    """The id; in a reply to `validate`, which Kraken does not document, only what the client chose."""
    order_id = end.order_id if isinstance(end, OrderAccepted) else ""
    return results.order_added(order_id, end.terms.cl_ord_id or None, userref, warnings)


def _is_entry(event: Event) -> TypeGuard[Entered]:
    # An order with a parent was entered by a fill, not by a request.
    return isinstance(event, OrderValidated) or (isinstance(event, OrderAccepted) and not event.parent_id)


ADD_ORDER = Method(MODIFY, _add_order_refusal, _place, answer_once(_added))


# --- batch_add


def _batch_add_refusal(params: methods.BatchAdd, table: InstrumentTable, now_ns: int) -> Refusal | None:
    if table.get(params.symbol) is None:
        return Refusal(pair=params.symbol)
    if not MIN_BATCH <= len(params.orders) <= MAX_BATCH:
        return Refusal(Reject.INVALID_ARGUMENT.text(field="orders"))
    # Kraken, batch_add: the whole batch is validated first, one bad order refuses it all.
    for order in params.orders:
        text = static_refusal(order, now_ns)
        if text is not None:
            return Refusal(text)
    return refused(deadline_refusal(params.deadline, now_ns))


def _place_all(params: methods.BatchAdd, account: AccountId, hub: Hub, now_ns: int) -> list[Submission] | str:
    instrument = hub.reference.table.instruments[params.symbol]
    orders: list[OrderTerms] = []
    for order in params.orders:
        terms = order_terms(order, instrument)
        if isinstance(terms, str):
            return terms
        orders.append(terms)
    named = tuple(
        Named(OrderRef(cl_ord_id=order.cl_ord_id or "", userref=order.order_userref), results.warnings(order))
        for order in params.orders
    )
    command = PlaceOrders(account, tuple(orders), deadline_ns(params.deadline, now_ns), params.validate)
    return [Submission(command, OrderRef(), batch=named)]


def _answer_batch(replies: Replies, origin: Origin, events: Sequence[Event]) -> None:
    """What became of each order, in the order of the request; one refusal alone is the whole batch's."""
    ends = ends_of(events)
    if len(ends) == len(origin.batch):
        named = zip(ends, origin.batch, strict=True)
        replies.ack(origin, results.orders_added(_batch_row(end, order) for end, order in named))
    else:
        replies.refuse(origin, only_refusal(ends))


def _batch_row(end: Entered | Rejected, order: Named) -> str:
    if isinstance(end, Rejected):
        return results.order_refused(end.text, order.ref.cl_ord_id or None, order.ref.userref)
    return _row(end, order.ref.userref, order.warnings)


def ends_of(events: Sequence[Event]) -> list[Entered | Rejected]:
    """What the orders of a command came to, in its order: an id, a validation or a refusal each."""
    return [event for event in events if isinstance(event, Rejected) or _is_entry(event)]


def only_refusal(ends: Sequence[Entered | Rejected]) -> str:
    """The text that refuses a whole batch: there is nothing beside it."""
    (end,) = ends
    assert isinstance(end, Rejected), f"a batch came to {end} alone"
    return end.text


BATCH_ADD = Method(MODIFY, _batch_add_refusal, _place_all, _answer_batch)
