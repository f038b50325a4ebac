"""New orders of API v2: `add_order` and `batch_add`."""

from collections.abc import Sequence

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
    return _entered(event, origin.ref.userref, origin.warnings)


def _entered(event: Event, userref: int | None, warnings: tuple[str, ...]) -> str | None:
    """The id; in a reply to `validate`, which Kraken does not document, only what the client chose."""
    match event:
        # An order with a parent was entered by a fill, not by a request.
        case OrderAccepted(order_id=order_id, terms=terms, parent_id=""):
            return results.order_added(order_id, terms.cl_ord_id or None, userref, warnings)
        case OrderValidated(terms=terms):
            return results.order_added("", terms.cl_ord_id or None, userref, warnings)
        case _:
            return None


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
    rows: list[str] = []
    refusal = ""
    for event in events:
        named = origin.batch[len(rows)] if len(rows) < len(origin.batch) else Named()
        if isinstance(event, Rejected):
            refusal = event.text
            rows.append(results.order_refused(refusal, named.ref.cl_ord_id or None, named.ref.userref))
        else:
            row = _entered(event, named.ref.userref, named.warnings)
            rows += [] if row is None else [row]
    if len(rows) == len(origin.batch):
        replies.ack(origin, results.orders_added(rows))
    else:
        assert refusal, f"{len(rows)} answers to a batch of {len(origin.batch)}"
        replies.refuse(origin, refusal)


BATCH_ADD = Method(MODIFY, _batch_add_refusal, _place_all, _answer_batch)
