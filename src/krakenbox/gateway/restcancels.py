"""Cancels by REST: `CancelOrder`, `CancelOrderBatch`, `CancelAll` and `CancelAllOrdersAfter`."""

import re

from msgspec.structs import replace

from krakenbox.gateway.cancels import (
    MAX_BATCH,
    MAX_TIMEOUT_S,
    by_cl_ord_id,
    by_text,
    switch_times,
    trigger_ns,
    was_canceled,
)
from krakenbox.gateway.restfields import required, wrong
from krakenbox.gateway.restfigures import listed, whole
from krakenbox.gateway.restmethod import Answer, Call, Events, Fields, answered, first_refusal
from krakenbox.model.command import CancelAll, CancelOrder, CancelOrders, OrderRef, SetCancelTimer
from krakenbox.model.event import OrdersCanceled
from krakenbox.protocol.rest import encode_errors, encode_result

_PLACE = re.compile(r"(\d{1,3})\](?:\[(\w+)\])?", re.ASCII)


def cancel_order(call: Call) -> Answer:
    """Cancel an order by its id, by a userref that several may carry, or by the id its client chose."""
    fields, account = call.fields, call.key.account
    if fields.get("cl_ord_id"):
        if fields.get("txid"):
            raise wrong("cl_ord_id")
        refs = [by_cl_ord_id(fields["cl_ord_id"])]
    else:
        refs = [by_text(text) for text in listed(fields, "txid", MAX_BATCH)]
    if len(refs) > 1:
        return Answer(commands=(CancelOrders(account, tuple(refs)),), reply=_counted)
    return Answer(commands=(CancelOrder(account, refs[0]),), reply=_canceled)


def _canceled(events: Events) -> bytes:
    refusal = first_refusal([events])
    if refusal is not None:
        return encode_errors(refusal.text)
    return encode_result({"count": sum(was_canceled(event) is not None for event in events)})


def cancel_order_batch(call: Call) -> Answer:
    """Cancel the orders of up to fifty ids, userrefs and ids that clients chose."""
    refs = [
        *_refs(call.fields, "orders", "txid"),
        *_refs(call.fields, "cl_ord_ids", "cl_ord_id"),
    ]
    if not 1 <= len(refs) <= MAX_BATCH:
        raise wrong("orders")
    return Answer(commands=(CancelOrders(call.key.account, tuple(refs)),), reply=_counted)


def _refs(fields: Fields, name: str, inner: str) -> list[OrderRef]:
    """The references of an array of texts, or of objects (Kraken's page has one of each)."""
    places: dict[int, OrderRef] = {}
    to_ref = by_cl_ord_id if inner == "cl_ord_id" else by_text
    for field, text in fields.items():
        if not field.startswith(f"{name}["):
            continue
        match = _PLACE.fullmatch(field, len(name) + 1)
        if match is None or match[2] not in (None, inner, "cl_ord_id") or not text:
            raise wrong(name)
        places[int(match[1])] = by_cl_ord_id(text) if match[2] == "cl_ord_id" else to_ref(text)
    return [places[place] for place in sorted(places)]


def cancel_all(call: Call) -> Answer:
    """Cancel everything."""
    return Answer(commands=(CancelAll(call.key.account),), reply=_counted)


def _counted(events: Events) -> bytes:
    refusal = first_refusal([events])
    if refusal is not None:
        return encode_errors(refusal.text)
    return encode_result({"count": sum(e.count for e in events if isinstance(e, OrdersCanceled))})


def cancel_all_orders_after(call: Call) -> Answer:
    """Arm the dead man's switch, or with 0 turn it off."""
    timeout = required(call.fields, "timeout", _timeout)
    fires_ns = trigger_ns(timeout, call.now_ns)
    current_time, trigger_time = switch_times(fires_ns, call.now_ns)
    answer = answered({"currentTime": current_time, "triggerTime": trigger_time})
    return replace(answer, commands=(SetCancelTimer(call.key.account, fires_ns),))


def _timeout(text: str) -> int | None:
    seconds = whole(text)
    return seconds if seconds is not None and seconds <= MAX_TIMEOUT_S else None
