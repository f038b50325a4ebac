"""Changes and cancels of orders by REST: `AmendOrder`, `EditOrder`, `CancelOrder`, its batch and `CancelAll`.

Their fields are put into those of v2, whose rules and commands (`changes`) are then theirs too; a refusal
gives a field its REST name.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from krakenbox.errors import ProtocolError
from krakenbox.gateway.cancels import MAX_BATCH
from krakenbox.gateway.changes import AMEND_ORDER, EDIT_ORDER
from krakenbox.gateway.figures import Names
from krakenbox.gateway.listings import find_pair
from krakenbox.gateway.method import MAX_ID, NO_ORDER, Method
from krakenbox.gateway.restfields import Price, flag, number, optional, price, required, userref, wrong
from krakenbox.gateway.restmethod import Answer, Call, Events
from krakenbox.gateway.restorders import Prices, deadline_of, flags_of, price_type, prices_of, signed
from krakenbox.model.command import CancelAll, CancelOrder, CancelOrders, Command, OrderRef
from krakenbox.model.event import (
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderEdited,
    OrdersCanceled,
    OrderValidated,
    Rejected,
)
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms, OrderType, Side
from krakenbox.model.order import Reference as Watched
from krakenbox.model.reject import Reason, Reject
from krakenbox.protocol.ordertext import order_text, price_text
from krakenbox.protocol.rest import encode_errors, encode_result
from krakenbox.protocol.v2 import methods
from krakenbox.protocol.v2.methods import ClientId, PriceType, Reference, Triggers, UserRef
from krakenbox.protocol.v2.schema import client_id

Fields = Mapping[str, str]

_AMEND_NAMES: Names = {
    "order_id": "txid",
    "symbol": "pair",
    "limit_price_type": "limit_price",
    "trigger_price_type": "trigger_price",
    "triggers": "trigger_price",
}
_EDIT_NAMES: Names = {
    "order_qty": "volume",
    "display_qty": "displayvol",
    "limit_price": "price",
    "symbol": "pair",
    "post_only": "oflags",
    **dict.fromkeys(("triggers", "trigger_price", "trigger_price_type"), "price"),
}
_EDIT_TRIGGERED_NAMES: Names = {**_EDIT_NAMES, "limit_price": "price2", "limit_price_type": "price2"}
_INVALID = Reject.INVALID_ARGUMENT.text(field="")
_ELEMENT = re.compile(r"\[(\d{1,3})\](?:\[\w+\])?", re.ASCII)
_USERREF = re.compile(r"-?\d{1,10}", re.ASCII)


# --- AmendOrder


def amend_order(call: Call) -> Answer:
    """Change an open order in place."""
    fields = call.fields
    cl_ord_id = optional(fields, "cl_ord_id", client_id)
    if not fields.get("txid") and cl_ord_id is None:
        raise wrong("txid")
    pair = fields.get("pair")
    limit_price, limit_type = _offset(fields, "limit_price")
    trigger_price, trigger_type = _offset(fields, "trigger_price")
    params = methods.AmendOrder(
        token="",
        order_id=fields.get("txid", ""),
        cl_ord_id=None if cl_ord_id is None else ClientId(cl_ord_id),
        order_qty=optional(fields, "order_qty", number),
        display_qty=optional(fields, "display_qty", number),
        limit_price=limit_price,
        limit_price_type=limit_type,
        post_only=optional(fields, "post_only", flag) or False,
        trigger_price=trigger_price,
        trigger_price_type=trigger_type,
        deadline=deadline_of(fields, call.now_ns),
        symbol=find_pair(call.hub.reference.table, pair).symbol if pair else "",
    )
    return Answer(commands=(_command(AMEND_ORDER, params, call, _AMEND_NAMES),), reply=_amended)


def _amended(events: Events) -> bytes:
    """{"amend_id":"T..."}; what has none was amended by the venue."""
    for event in events:
        if isinstance(event, Rejected):
            return encode_errors(_renamed(event.text, _AMEND_NAMES))
        if isinstance(event, OrderAmended) and event.amend_id:
            return encode_result({"amend_id": event.amend_id})
    raise AssertionError("an amend came to nothing")


def _offset(fields: Fields, name: str) -> tuple[Decimal | None, PriceType | None]:
    """A price that may be relative; which way `#` is meant is documented of new orders alone."""
    given: Price | None = optional(fields, name, price)
    if given is None:
        return None, None
    if given.sign == "#":
        raise wrong(name)
    return signed(given, Side.BUY), price_type(given)


# --- EditOrder


def edit_order(call: Call) -> Answer:
    """Cancel an open order and enter it anew under another id."""
    fields = call.fields
    instrument = find_pair(call.hub.reference.table, required(fields, "pair", str))
    order_id = _edited_id(call, required(fields, "txid", str))
    terms = call.hub.open_order(call.key.account, OrderRef(order_id=order_id))
    kind, side = (terms.order_type, terms.side) if terms is not None else (OrderType.LIMIT, Side.BUY)
    prices = prices_of(fields, ("price", "price2"), kind, side)
    if terms is not None and prices.limit_type not in (None, terms.limit_price_type.value):
        raise wrong("price2")
    own_userref = optional(fields, "userref", userref)
    params = methods.EditOrder(
        token="",
        order_id=order_id,
        symbol=instrument.symbol,
        order_qty=optional(fields, "volume", number),
        limit_price=prices.limit,
        display_qty=optional(fields, "displayvol", number),
        triggers=_triggers(prices, terms),
        post_only="post" in (optional(fields, "oflags", flags_of) or ()),
        order_userref=None if own_userref is None else UserRef(own_userref),
        deadline=deadline_of(fields, call.now_ns),
        validate=optional(fields, "validate", flag) or False,
    )
    names = _EDIT_TRIGGERED_NAMES if kind.triggered else _EDIT_NAMES
    command = _command(EDIT_ORDER, params, call, names)
    return Answer(commands=(command,), reply=partial(_edited, fields, instrument, names, order_id, terms))


def _triggers(prices: Prices, terms: OrderTerms | None) -> Triggers | None:
    """What wakes the new order, by the reference of the old one."""
    if prices.trigger is None:
        return None
    by_index = terms is not None and terms.trigger is not None and terms.trigger.reference is Watched.INDEX
    reference: Reference = "index" if by_index else "last"
    return Triggers(price=prices.trigger, price_type=prices.trigger_type, reference=reference)


def _edited_id(call: Call, txid: str) -> OrderId:
    """The order that a txid, or else a userref, names. Raises ProtocolError for a userref of several."""
    if _USERREF.fullmatch(txid) is None:
        return OrderId(txid)
    # An order carries a cl_ord_id or a userref, and the userref 0 if neither was given.
    named = [
        order.entered.order_id
        for order in call.hub.open_orders(call.key.account)
        if order.terms.userref == int(txid) and not order.terms.cl_ord_id
    ]
    if len(named) > 1:
        raise wrong("txid")
    return named[0] if named else OrderId(txid)


def _edited(
    fields: Fields,
    instrument: Instrument,
    names: Names,
    order_id: OrderId,
    before: OrderTerms | None,
    events: Events,
) -> bytes:
    """The new order beside the old one's id; of what was only validated no `txid`, and nothing canceled."""
    entered: dict[str, OrderTerms] = {}
    for event in events:
        if isinstance(event, Rejected):
            return encode_errors(_renamed(event.text, names))
        if isinstance(event, OrderAccepted):
            entered[event.order_id] = event.terms
        elif isinstance(event, OrderValidated):
            return encode_result(
                {"status": "ok"} | _edit_row(fields, instrument, order_id, event.terms, before)
            )
        elif isinstance(event, OrderEdited):
            ids = {"status": "ok", "txid": event.order_id}
            row = _edit_row(fields, instrument, order_id, entered[event.order_id], before)
            return encode_result(ids | row | {"orders_cancelled": 1})
    raise AssertionError("an edit came to nothing")


def _edit_row(
    fields: Fields,
    instrument: Instrument,
    order_id: OrderId,
    terms: OrderTerms,
    before: OrderTerms | None,
) -> dict[str, Any]:
    """Recorded: prices as they were typed. Those of an edit that leaves them alone are the order's."""
    decimals = instrument.price_decimals
    row: dict[str, Any] = {
        "originaltxid": order_id,
        "volume": order_text(terms, instrument).split(" ")[1],
    }
    limit = price_text(terms.limit_price, terms.limit_price_type, decimals) if terms.limit_price else ""
    first, second = limit, ""
    if terms.trigger is not None:
        first, second = price_text(terms.trigger.price, terms.trigger.price_type, decimals), limit
    for name, text in (("price", first), ("price2", second)):
        if fields.get(name) or text:
            row[name] = fields.get(name) or text
    if terms.userref:
        row["newuserref"] = terms.userref
    if before is not None and before.userref:
        row["olduserref"] = before.userref
    return row | {"orders_cancelled": 0, "descr": {"order": order_text(terms, instrument)}}


# --- cancels


def cancel_order(call: Call) -> Answer:
    """Cancel the order of a txid or `cl_ord_id`, or all those of a userref."""
    txid, cl_ord_id = call.fields.get("txid"), call.fields.get("cl_ord_id")
    if txid and cl_ord_id:
        raise wrong("cl_ord_id")
    ref = _by_client_id(cl_ord_id) if cl_ord_id else _by_txid(required(call.fields, "txid", str))
    account = call.key.account
    return Answer(commands=(CancelOrder(account, ref),), reply=partial(_canceled, account))


def _canceled(account: AccountId, events: Events) -> bytes:
    """{"count":1}."""
    count = 0
    for event in events:
        if isinstance(event, Rejected):
            return encode_errors(event.text)
        # Orders whose time was up by the same stamp are `expired`, or canceled for another reason.
        if (
            isinstance(event, OrderClosed)
            and event.account == account
            and event.reason is Reason.USER
            and event.status is OrderStatus.CANCELED
        ):
            count += 1
    return encode_result({"count": count})


def cancel_order_batch(call: Call) -> Answer:
    """Cancel up to 50 orders by txid, userref or `cl_ord_id`."""
    txids, cl_ord_ids = _listed(call.fields, "orders"), _listed(call.fields, "cl_ord_ids")
    if not 0 < len(txids) + len(cl_ord_ids) <= MAX_BATCH:
        raise wrong("orders")
    refs = (*map(_by_txid, txids), *map(_by_client_id, cl_ord_ids))
    return Answer(commands=(CancelOrders(call.key.account, refs),), reply=_all_canceled)


def cancel_all(call: Call) -> Answer:
    """Cancel every open order."""
    return Answer(commands=(CancelAll(call.key.account),), reply=_all_canceled)


def _all_canceled(events: Events) -> bytes:
    for event in events:
        if isinstance(event, Rejected):
            return encode_errors(event.text)
        if isinstance(event, OrdersCanceled):
            return encode_result({"count": event.count})
    raise AssertionError("a cancel of several orders came to nothing")


def _listed(fields: Fields, name: str) -> list[str]:
    """The texts of an array, or of the one field of each of its objects. Raises ProtocolError."""
    found: dict[int, str] = {}
    for field, value in fields.items():
        if not field.startswith(f"{name}["):
            continue
        # Kraken, CancelOrderBatch: the schema lists objects, the example texts.
        match = _ELEMENT.fullmatch(field, len(name))
        if match is None or int(match[1]) in found:
            raise wrong(name)
        found[int(match[1])] = value
    return [found[index] for index in sorted(found)]


def _by_txid(text: str) -> OrderRef:
    if _USERREF.fullmatch(text) is None:
        return OrderRef(order_id=OrderId(text)) if len(text) <= MAX_ID else NO_ORDER
    number = userref(text)
    return NO_ORDER if number is None else OrderRef(userref=number)


def _by_client_id(text: str) -> OrderRef:
    return OrderRef(cl_ord_id=text) if len(text) <= MAX_ID else NO_ORDER


# --- both


def _command(method: Method, params: Any, call: Call, names: Names) -> Command:
    """What v2 would submit; raises ProtocolError for what it would refuse."""
    refusal = method.static(params, call.hub.reference.table, call.now_ns)
    if refusal is not None:
        raise ProtocolError(_renamed(refusal.text, names))
    found = method.commands(params, call.key.account, call.hub, call.now_ns)
    if isinstance(found, str):
        raise ProtocolError(_renamed(found, names))
    (submission,) = found
    return submission.command


def _renamed(text: str, names: Names) -> str:
    """A refusal with the REST name of its field."""
    field = text.removeprefix(_INVALID)
    return _INVALID + names.get(field, field) if text.startswith(_INVALID) else text
