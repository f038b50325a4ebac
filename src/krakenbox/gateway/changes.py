"""Changes of open orders in API v2: `amend_order` and `edit_order`."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.figures import Figures
from krakenbox.gateway.method import CLOSE, MAX_ID, MODIFY, Method, Refusal, Submission, answer_once, refused
from krakenbox.gateway.terms import counted, deadline_ns, deadline_refusal, trigger_of
from krakenbox.model.command import AmendOrder, EditOrder, OrderRef
from krakenbox.model.event import Event, OrderAmended, OrderEdited, OrderValidated
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId, OrderId, OrderTerms, OrderType, PriceType
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2 import methods, results

N = TypeVar("N", bound=int)


# --- amend_order

_AMENDABLE = ("order_qty", "display_qty", "limit_price", "trigger_price")


def _amend_order_refusal(params: methods.AmendOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    if params.symbol and table.get(params.symbol) is None:
        return Refusal(pair=params.symbol)
    if not params.order_id and params.cl_ord_id is None:
        return Refusal(Reject.FIELD_MISSING.text(field="Order_id"))
    if all(getattr(params, field) is None for field in _AMENDABLE):
        return Refusal(Reject.INVALID_ARGUMENTS.text())
    field = _misgiven(params)
    if field is not None:
        return Refusal(Reject.INVALID_ARGUMENT.text(field=field))
    return refused(deadline_refusal(params.deadline, now_ns))


def _misgiven(params: methods.AmendOrder) -> str | None:
    """The field that is wrong whatever the order."""
    if params.order_id and params.cl_ord_id is not None:
        return "cl_ord_id"
    for field in ("order_qty", "display_qty"):
        value = getattr(params, field)
        if value is not None and value <= 0:
            return field
    for field in ("limit_price", "trigger_price"):
        if getattr(params, field) is None and getattr(params, f"{field}_type") is not None:
            return f"{field}_type"
    return None


def _amend(params: methods.AmendOrder, account: AccountId, hub: Hub, now_ns: int) -> list[Submission] | str:
    ref = OrderRef(order_id=OrderId(params.order_id), cl_ord_id=params.cl_ord_id or "")
    # A request names no pair, and without one its numbers mean nothing.
    terms = hub.open_order(account, ref) if len(params.order_id) <= MAX_ID else None
    if terms is None:
        return Reject.UNKNOWN_ORDER.text()
    if params.symbol not in ("", terms.symbol):
        return Reject.INVALID_ARGUMENT.text(field="symbol")
    figures = Figures(hub.reference.table.instruments[terms.symbol])
    limit_type = _amended_limit_type(params, terms)
    trigger_type = PriceType(params.trigger_price_type or "static")
    command = AmendOrder(
        account,
        ref,
        qty=_given(params.order_qty, lambda qty: figures.qty(qty, "order_qty")),
        display_qty=_given(params.display_qty, lambda qty: figures.qty(qty, "display_qty")),
        limit_price=_given(
            params.limit_price, lambda price: figures.offset(price, limit_type, "limit_price")
        ),
        limit_price_type=limit_type,
        trigger_price=_given(
            params.trigger_price, lambda price: figures.offset(price, trigger_type, "trigger_price")
        ),
        trigger_price_type=trigger_type,
        post_only=params.post_only,
        deadline_ns=deadline_ns(params.deadline, now_ns),
    )
    return figures.refusal or [Submission(command, ref)]


def _amended_limit_type(params: methods.AmendOrder, terms: OrderTerms) -> PriceType:
    """Kraken, amend_order: `static` unless told otherwise, `quote` of a trailing-stop-limit."""
    default = "quote" if terms.order_type is OrderType.TRAILING_STOP_LIMIT else "static"
    return PriceType(params.limit_price_type or default)


def _given(value: Decimal | None, count: Callable[[Decimal], N]) -> N | None:
    return None if value is None else count(value)


def _amended(event: Event, origin: Origin) -> str | None:
    """The identifier the request used. Amends without an id of their own are the venue's."""
    if isinstance(event, OrderAmended) and event.amend_id:
        return results.order_amended(event.amend_id, origin.ref.order_id, origin.ref.cl_ord_id)
    return None


# Kraken, API keys guide: either permission amends.
AMEND_ORDER = Method(CLOSE, _amend_order_refusal, _amend, answer_once(_amended))


# --- edit_order

_NEWER = {"price": "limit_price", "stop_price": "triggers", "trigger": "triggers"}
"""Deprecated fields of an edit, and what stands in their place."""


def _edit_order_refusal(params: methods.EditOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    if table.get(params.symbol) is None:
        return Refusal(pair=params.symbol)
    for field in ("order_qty", "display_qty"):
        value = getattr(params, field)
        if value is not None and value <= 0:
            return Refusal(Reject.INVALID_ARGUMENT.text(field=field))
    for field, newer in _NEWER.items():
        if getattr(params, field) is not None and getattr(params, newer) is not None:
            return Refusal(Reject.INVALID_ARGUMENT.text(field=field))
    if params.trigger is not None and params.stop_price is None:
        return Refusal(Reject.INVALID_ARGUMENT.text(field="trigger"))
    return refused(deadline_refusal(params.deadline, now_ns))


def _edit(params: methods.EditOrder, account: AccountId, hub: Hub, now_ns: int) -> list[Submission] | str:
    if params.reduce_only:
        return Reject.REDUCE_ONLY_NO_POSITION.text()
    if len(params.order_id) > MAX_ID:
        return Reject.UNKNOWN_ORDER.text()
    figures = Figures(hub.reference.table.instruments[params.symbol])
    limit_price = params.limit_price if params.price is None else params.price
    ref = OrderRef(order_id=OrderId(params.order_id))
    terms = hub.open_order(account, ref)
    # An edit names no kind of limit price: it is that of the order.
    limit_type = terms.limit_price_type if terms is not None else PriceType.STATIC
    command = EditOrder(
        account,
        OrderId(params.order_id),
        params.symbol,
        qty=_given(params.order_qty, lambda qty: figures.qty(qty, "order_qty")),
        limit_price=_given(
            limit_price, lambda price: Price(figures.offset(price, limit_type, "limit_price"))
        ),
        display_qty=_given(params.display_qty, lambda qty: figures.qty(qty, "display_qty")),
        trigger=counted(trigger_of(params.triggers, params.stop_price, params.trigger), figures),
        post_only=params.post_only,
        userref=params.order_userref or 0,
        deadline_ns=deadline_ns(params.deadline, now_ns),
        validate=params.validate,
        fee_preference=params.fee_preference,
    )
    return figures.refusal or [Submission(command, ref, results.warnings(params))]


def _edited(event: Event, origin: Origin) -> str | None:
    match event:
        case OrderEdited(order_id=order_id, original_order_id=original):
            return results.order_edited(order_id, original, origin.warnings)
        case OrderValidated():
            return results.order_edited("", origin.ref.order_id, origin.warnings)
        case _:
            return None


EDIT_ORDER = Method(MODIFY, _edit_order_refusal, _edit, answer_once(_edited))
