"""Changes of open orders in v1: `editOrder` and `amendOrder`, put into v2's once the order is known."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Hub
from krakenbox.gateway import changes
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.figures import Names
from krakenbox.gateway.method import CLOSE, MAX_ID, MODIFY, Submission
from krakenbox.gateway.relative import absolute, resolved
from krakenbox.gateway.restfields import Price, deadline_ns, flag, number, optional, price, required, userref
from krakenbox.gateway.restorders import flags_of, prices_of
from krakenbox.gateway.terms import deadline_refusal
from krakenbox.gateway.v1method import V1Method, answer_each, instrument_of, refuse_if
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.model.command import OrderRef
from krakenbox.model.event import Event, OrderAccepted, OrderAmended, OrderEdited, OrderValidated, Rejected
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import AccountId, OrderId, OrderTerms, OrderType, Reference
from krakenbox.model.reject import Reject
from krakenbox.protocol.literals import quote
from krakenbox.protocol.ordertext import order_text
from krakenbox.protocol.v1.methods import Request
from krakenbox.protocol.v2 import methods
from krakenbox.protocol.v2.methods import Triggers
from krakenbox.protocol.v2.schema import client_id

AMBIGUOUS = "EOrder:Invalid order"
"""Of a userref that several open orders carry."""

_USERREF = re.compile(r"-?\d{1,10}", re.ASCII)


# --- editOrder


class Edit(Struct, frozen=True, kw_only=True):
    """What an edit asks for, before its order is known."""

    order_id: str
    """Or a userref."""
    instrument: Instrument
    qty: Decimal | None
    prices: Mapping[str, str]
    """What is given of `price` and `price2`."""
    post_only: bool
    userref: int | None
    validate: bool


def _read_edit(request: Request, hub: Hub, now_ns: int) -> Edit:
    instrument, fields = instrument_of(request, hub), request.fields
    return Edit(
        order_id=required(fields, "orderid", str),
        instrument=instrument,
        qty=optional(fields, "volume", number),
        prices={name: fields[name] for name in ("price", "price2") if fields.get(name)},
        post_only="post" in (optional(fields, "oflags", flags_of) or ()),
        userref=optional(fields, "newuserref", userref),
        validate=optional(fields, "validate", flag) or False,
    )


def _edit(edit: Edit, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    order_id = _order_id(edit.order_id, account, hub)
    terms = hub.open_order(account, OrderRef(order_id=order_id))
    if terms is None:
        raise ProtocolError(Reject.UNKNOWN_ORDER)
    last = hub.last_price(edit.instrument.symbol)
    given = resolved(edit.prices, terms.side, terms.order_type, edit.instrument, last)
    prices = prices_of(given, ("price", "price2"), terms.order_type, terms.side)
    watches_index = terms.trigger is not None and terms.trigger.reference is Reference.INDEX
    reference: methods.Reference = "index" if watches_index else "last"
    triggers = None
    if prices.trigger is not None:
        triggers = Triggers(price=prices.trigger, price_type=prices.trigger_type, reference=reference)
    params = methods.EditOrder(
        token="",
        order_id=order_id,
        symbol=edit.instrument.symbol,
        order_qty=edit.qty,
        limit_price=prices.limit,
        triggers=triggers,
        post_only=edit.post_only,
        order_userref=methods.UserRef(edit.userref) if edit.userref is not None else None,
        validate=edit.validate,
    )
    names: Names = {
        "order_qty": "volume",
        "triggers": "price",
        "limit_price": "price2" if terms.order_type.triggered else "price",
    }
    refusal = changes.EDIT_ORDER.static(params, hub.reference.table, now_ns)
    refuse_if(refusal.text if refusal is not None else "", names)
    submissions = changes.EDIT_ORDER.commands(params, account, hub, now_ns)
    if isinstance(submissions, str):
        refuse_if(submissions, names)
        return []
    return [each._replace(typed=tuple(edit.prices.values())) for each in submissions]


def _order_id(text: str, account: AccountId, hub: Hub) -> OrderId:
    """The order of an id or of a userref that is its alone."""
    if not _USERREF.fullmatch(text):
        return OrderId(text if len(text) <= MAX_ID else "")
    found = hub.open_ids(account, int(text))
    if len(found) > 1:
        raise ProtocolError(AMBIGUOUS)
    return found[0] if found else OrderId("")


def _answer_edit(replies: V1Replies, origin: Origin, events: Sequence[Event], table: InstrumentTable) -> None:
    """The new id, the old one and the new text, with prices as they were typed (recorded).

    {"descr":"buy 20.00000000 USDCUSD @ limit 0.9","event":"editOrderStatus",
    "originaltxid":"OA7JUX-OKLO3-M6IEVL","status":"ok","txid":"O7NE5Y-QUARV-HHHUCA"}
    """
    entered: OrderTerms | None = None
    for event in events:
        match event:
            case Rejected():
                replies.refuse(origin, event.text)
                return
            case OrderAccepted() if not event.parent_id:
                entered = event.terms
            case OrderEdited(order_id=order_id, original_order_id=original):
                assert entered is not None, f"{order_id} replaces {original} without having been entered"
                descr = _typed_text(entered, table, origin.typed)
                replies.ack(origin, descr=quote(descr), originaltxid=quote(original), txid=quote(order_id))
                return
            case OrderValidated():
                descr = _typed_text(event.terms, table, origin.typed)
                replies.ack(origin, descr=quote(descr), originaltxid=quote(origin.ref.order_id))
                return


def _typed_text(terms: OrderTerms, table: InstrumentTable, typed: Sequence[str]) -> str:
    instrument = table.instruments[terms.symbol]
    before, at, prices = order_text(terms, instrument).partition(" @ ")
    for text in typed:
        value = number(text)
        units = value.scaleb(instrument.price_decimals) if value is not None else None
        if units is not None and units == int(units):
            prices = prices.replace(to_text(int(units), instrument.price_decimals), text, 1)
    return before + at + prices


EDIT_ORDER = V1Method(MODIFY, _read_edit, _edit, _answer_edit)


# --- amendOrder

_AMEND_NAMES: Names = {
    "order_id": "txid",
    "order_qty": "volume",
    "display_qty": "display_volume",
    "limit_price_type": "limit_price",
    "trigger_price_type": "trigger_price",
    "symbol": "pair",
}


class Amend(Struct, frozen=True, kw_only=True):
    """What an amend asks for, before its order is known."""

    ref: OrderRef
    symbol: str
    qty: Decimal | None
    display_qty: Decimal | None
    limit: Price | None
    trigger: Price | None
    post_only: bool
    deadline_ns: int | None


def _read_amend(request: Request, hub: Hub, now_ns: int) -> Amend:
    fields = request.fields
    symbol = instrument_of(request, hub).symbol if fields.get("pair") else ""
    if not fields.get("txid") and not fields.get("cl_ord_id"):
        refuse_if(Reject.INVALID_ARGUMENT.text(field="txid"), {})
    deadline = optional(fields, "deadline", deadline_ns)
    amend = Amend(
        ref=OrderRef(
            order_id=OrderId(fields.get("txid", "")), cl_ord_id=optional(fields, "cl_ord_id", client_id) or ""
        ),
        symbol=symbol,
        qty=optional(fields, "volume", number),
        display_qty=optional(fields, "display_volume", number),
        limit=optional(fields, "limit_price", price),
        trigger=optional(fields, "trigger_price", price),
        post_only=optional(fields, "post_only", flag) or False,
        deadline_ns=deadline,
    )
    refusal = changes.AMEND_ORDER.static(_params(amend, None, hub), hub.reference.table, now_ns)
    refuse_if(refusal.text if refusal is not None else "", _AMEND_NAMES)
    refuse_if(deadline_refusal(deadline, now_ns), {})
    return amend


def _amend(amend: Amend, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    terms = hub.open_order(account, amend.ref)
    if terms is None:
        raise ProtocolError(Reject.UNKNOWN_ORDER)
    submissions = changes.AMEND_ORDER.commands(_params(amend, terms, hub), account, hub, now_ns)
    if isinstance(submissions, str):
        refuse_if(submissions, _AMEND_NAMES)
        return []
    return submissions


def _params(amend: Amend, terms: OrderTerms | None, hub: Hub) -> methods.AmendOrder:
    """In the fields of v2; `terms` are those of the order, once it is known."""
    limit, trigger = amend.limit, amend.trigger
    trails = terms is None or terms.order_type is OrderType.TRAILING_STOP_LIMIT
    limit_price, limit_type = _offset(limit) if limit is not None else (None, None)
    if limit is not None and terms is not None and not trails:
        instrument = hub.reference.table.instruments[terms.symbol]
        limit_price = absolute(limit, terms.side, instrument, hub.last_price(terms.symbol))
        limit_type = None
    trigger_price, trigger_type = _offset(trigger) if trigger is not None else (None, None)
    return methods.AmendOrder(
        token="",
        order_id=amend.ref.order_id,
        cl_ord_id=methods.ClientId(amend.ref.cl_ord_id) if amend.ref.cl_ord_id else None,
        order_qty=amend.qty,
        display_qty=amend.display_qty,
        limit_price=limit_price,
        limit_price_type=limit_type,
        trigger_price=trigger_price,
        trigger_price_type=trigger_type,
        post_only=amend.post_only,
        deadline=methods.Time(amend.deadline_ns) if amend.deadline_ns is not None else None,
        symbol=amend.symbol,
    )


def _offset(given: Price) -> tuple[Decimal, methods.PriceType]:
    """The number of a price and what it is; `#` adds, for an amend names no side."""
    value = -given.value if given.sign == "-" else given.value
    if not given.sign:
        return value, "static"
    return value, "pct" if given.percent else "quote"


def _amended(event: Event, origin: Origin) -> Mapping[str, str] | None:
    """{"amend_id":"TGS4UP-DP6E3-YO3KFN","cl_ord_id":"906bcc85-...","event":"amendOrderStatus","status":"ok"}."""
    if not isinstance(event, OrderAmended) or not event.amend_id:
        return None
    ref = origin.ref
    return {
        "amend_id": quote(event.amend_id),
        "cl_ord_id": quote(ref.cl_ord_id) if ref.cl_ord_id else "",
        "txid": quote(ref.order_id) if ref.order_id else "",
    }


AMEND_ORDER = V1Method(CLOSE, _read_amend, _amend, answer_each(_amended, once=True))
