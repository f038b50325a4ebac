"""Changes of open orders by REST: `AmendOrder` and `EditOrder`.

Their fields are put into those of v2, whose rules are then theirs too; a refusal gives a field its REST name.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec.structs import replace

from krakenbox.errors import ProtocolError
from krakenbox.gateway.changes import AMEND_ORDER, EDIT_ORDER
from krakenbox.gateway.listings import find_pair
from krakenbox.gateway.method import MAX_ID, Method, Submission
from krakenbox.gateway.restfields import flag, number, optional, price, required, userref, wrong
from krakenbox.gateway.restmethod import Answer, Call, Events, Fields, Reply, first_refusal
from krakenbox.gateway.restorders import (
    REFERENCES,
    flags_of,
    names_of,
    price_type,
    prices_of,
    request_terms,
)
from krakenbox.model.command import AmendOrder, EditOrder, OrderRef
from krakenbox.model.event import OrderAccepted, OrderAmended, OrderEdited, OrderValidated
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import OrderId, OrderTerms, OrderType, Side
from krakenbox.model.reject import Reject
from krakenbox.protocol.ordertext import order_text
from krakenbox.protocol.rest import encode_errors, encode_result
from krakenbox.protocol.v2 import methods
from krakenbox.protocol.v2.methods import ClientId, PriceType, Triggers, UserRef
from krakenbox.protocol.v2.schema import client_id

_AMEND_NAMES = {"symbol": "pair"}
_ARGUMENT = Reject.INVALID_ARGUMENT.text(field="")


# --- AmendOrder


def amend_order(call: Call) -> Answer:
    """Change an order in place."""
    fields = call.fields
    txid = fields.get("txid") or ""
    cl_ord_id = optional(fields, "cl_ord_id", client_id)
    if not txid and cl_ord_id is None:
        raise wrong("txid")
    limit, limit_type = _offset(fields, "limit_price")
    trigger, trigger_type = _offset(fields, "trigger_price")
    deadline_ns, _ = request_terms(fields, call.now_ns)
    params = methods.AmendOrder(
        token="",
        order_id=txid,
        cl_ord_id=ClientId(cl_ord_id) if cl_ord_id is not None else None,
        order_qty=optional(fields, "order_qty", number),
        display_qty=optional(fields, "display_qty", number),
        limit_price=limit,
        limit_price_type=limit_type,
        post_only=optional(fields, "post_only", flag) or False,
        trigger_price=trigger,
        trigger_price_type=trigger_type,
        symbol=find_pair(call.hub.reference.table, fields["pair"]).symbol if fields.get("pair") else "",
    )
    command = _submission(call, AMEND_ORDER, params, _AMEND_NAMES).command
    assert isinstance(command, AmendOrder)
    return Answer(
        commands=(replace(command, deadline_ns=deadline_ns),), reply=partial(_told, _AMEND_NAMES, _amended)
    )


def _offset(fields: Fields, name: str) -> tuple[Decimal | None, PriceType | None]:
    """A price and what it is: absolute, or a signed distance in quote units or percent."""
    given = optional(fields, name, price)
    if given is None:
        return None, None
    if given.sign == "#":
        raise wrong(name)
    # Without a sign the kind is the order's own: that of what trails is a distance.
    value = -given.value if given.sign == "-" else given.value
    return value, price_type(given) if given.sign else None


def _amended(events: Events) -> bytes:
    # Amends without an id of their own are the venue's.
    amend_id = next(e.amend_id for e in events if isinstance(e, OrderAmended) and e.amend_id)
    return encode_result({"amend_id": amend_id})


# --- EditOrder


def edit_order(call: Call) -> Answer:
    """Cancel an order and enter it anew."""
    fields = call.fields
    instrument = find_pair(call.hub.reference.table, required(fields, "pair", str))
    ref = _edited_ref(call, required(fields, "txid", str))
    terms = call.hub.open_order(call.key.account, ref)
    names = {**names_of(terms.order_type if terms is not None else OrderType.LIMIT), "symbol": "pair"}
    limit, triggers = _prices(fields, terms)
    new_userref = optional(fields, "userref", userref)
    deadline_ns, validate = request_terms(fields, call.now_ns)
    params = methods.EditOrder(
        token="",
        order_id=ref.order_id,
        symbol=instrument.symbol,
        order_qty=optional(fields, "volume", number),
        limit_price=limit,
        display_qty=optional(fields, "displayvol", number),
        triggers=triggers,
        post_only="post" in (optional(fields, "oflags", flags_of) or ()),
        order_userref=UserRef(new_userref) if new_userref is not None else None,
        validate=validate,
    )
    command = _submission(call, EDIT_ORDER, params, names).command
    assert isinstance(command, EditOrder)
    before = terms.userref if terms is not None else 0
    return Answer(
        commands=(replace(command, deadline_ns=deadline_ns),),
        reply=partial(_told, names, partial(_edited, instrument, fields, command, before)),
    )


def _edited_ref(call: Call, text: str) -> OrderRef:
    """The order of an id or, of several with the same userref, the oldest."""
    named = userref(text)
    if named is None:
        return OrderRef(order_id=OrderId(text if len(text) <= MAX_ID else ""))
    orders = call.hub.orders(call.key.account).open.values()
    found = [o for o in orders if o.terms.userref == named and not o.terms.cl_ord_id]
    return OrderRef(order_id=found[0].entered.order_id if found else OrderId(""))


def _prices(fields: Fields, terms: OrderTerms | None) -> tuple[Decimal | None, Triggers | None]:
    """The new limit and the new trigger: `price` is the trigger of an order that has one."""
    order_type = terms.order_type if terms is not None else OrderType.LIMIT
    side = terms.side if terms is not None else Side.BUY
    prices = prices_of(fields, ("price", "price2"), order_type, side)
    if prices.trigger is None or terms is None or terms.trigger is None:
        return prices.limit, None
    reference = REFERENCES[terms.trigger.reference.value]
    return prices.limit, Triggers(price=prices.trigger, price_type=prices.trigger_type, reference=reference)


def _edited(
    instrument: Instrument, fields: Fields, command: EditOrder, userref_before: int, events: Events
) -> bytes:
    """{"status":"ok","txid":"O...","originaltxid":"O...",...}; prices are repeated as typed (recorded)."""
    told: dict[str, Any] = {"status": "ok"}
    edited = next((event for event in events if isinstance(event, OrderEdited)), None)
    if edited is not None:
        told["txid"] = edited.order_id
    terms = _new_terms(events, edited)
    told |= {"originaltxid": command.order_id, "volume": order_text(terms, instrument).split()[1]}
    told |= {name: fields[name] for name in ("price", "price2") if fields.get(name)}
    told["orders_cancelled"] = 0 if edited is None else 1
    if command.userref:
        told["newuserref"] = command.userref
    if userref_before:
        told["olduserref"] = userref_before
    told["descr"] = {"order": order_text(terms, instrument)}
    return encode_result(told)


def _new_terms(events: Events, edited: OrderEdited | None) -> OrderTerms:
    """Those of the order that was entered, or with `validate` would have been."""
    for event in events:
        if isinstance(event, OrderValidated):
            return event.terms
        if isinstance(event, OrderAccepted) and edited is not None and event.order_id == edited.order_id:
            return event.terms
    raise AssertionError(f"an edit entered nothing: {events}")


# --- both


def _submission(call: Call, method: Method, params: object, names: Mapping[str, str]) -> Submission:
    """The command that v2 would make of it; raises ProtocolError with the names of REST."""
    refusal = method.static(params, call.hub.reference.table, call.now_ns)
    if refusal is not None:
        raise ProtocolError(_renamed(refusal.text, names))
    made = method.commands(params, call.key.account, call.hub, call.now_ns)
    if isinstance(made, str):
        raise ProtocolError(_renamed(made, names))
    (submission,) = made
    return submission


def _told(names: Mapping[str, str], tell: Reply, events: Events) -> bytes:
    """The command's refusal, with the names of REST, or what it has done."""
    refusal = first_refusal([events])
    return tell(events) if refusal is None else encode_errors(_renamed(refusal.text, names))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    field = text.removeprefix(_ARGUMENT)
    return _ARGUMENT + names.get(field, field) if text.startswith(_ARGUMENT) else text
