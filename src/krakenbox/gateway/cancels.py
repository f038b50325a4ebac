"""Cancels of API v2: `cancel_order`, `cancel_all`, `batch_cancel` and the dead man's switch."""

import re
from collections.abc import Sequence

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.method import (
    CLOSE,
    MAX_ID,
    NO_ORDER,
    Method,
    Refusal,
    Submission,
    answer_each,
    answer_once,
)
from krakenbox.gateway.replies import Replies
from krakenbox.model.command import CancelAll, CancelOrder, CancelOrders, OrderRef, SetCancelTimer
from krakenbox.model.event import CancelTimerSet, Event, OrderClosed, OrdersCanceled, Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId, OrderId, OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.protocol.timestamp import NS_PER_SECOND, seconds
from krakenbox.protocol.v2 import methods, results

MAX_CANCELS = 1_000
"""Orders one cancel_order may name; Kraken states no bound (of batch_cancel: 50)."""
MIN_BATCH, MAX_BATCH = 2, 50
"""Orders one batch_cancel names (Kraken, websocket-v2/batch_cancel)."""
MAX_TIMEOUT_S = 86_399
"""Kraken, websocket-v2/cancel_after: less than a day."""

_INT32 = 1 << 31
_USERREF = re.compile(r"-?\d{1,10}", re.ASCII)


# --- cancel_order


def _cancel_order_refusal(params: methods.CancelOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    count = len(params.order_id) + len(params.cl_ord_id) + len(params.order_userref)
    if count == 0:
        return Refusal(Reject.FIELD_MISSING.text(field="Order_id"))
    return Refusal(Reject.INVALID_ARGUMENT.text(field="order_id")) if count > MAX_CANCELS else None


def _cancel(params: methods.CancelOrder, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    refs = [
        *map(_by_order_id, params.order_id),
        *map(by_cl_ord_id, params.cl_ord_id),
        *map(_by_userref, params.order_userref),
    ]
    return [Submission(CancelOrder(account, ref), ref) for ref in refs]


def _by_order_id(text: str) -> OrderRef:
    return OrderRef(order_id=OrderId(text)) if len(text) <= MAX_ID else NO_ORDER


def by_cl_ord_id(text: str) -> OrderRef:
    """An order by the client's own id."""
    return OrderRef(cl_ord_id=text) if len(text) <= MAX_ID else NO_ORDER


def _by_userref(userref: int) -> OrderRef:
    return OrderRef(userref=userref) if -_INT32 <= userref < _INT32 else NO_ORDER


def _canceled(event: Event, origin: Origin) -> str | None:
    """The identifier the request used; of a userref, which may name several orders, the id of each."""
    canceled = was_canceled(event)
    return results.order_canceled(canceled.order_id, origin.ref.cl_ord_id) if canceled is not None else None


def was_canceled(event: Event) -> OrderClosed | None:
    """The end of an order that its client canceled."""
    # Orders whose time was up by the same stamp are `expired`, or canceled for another reason.
    match event:
        case OrderClosed(reason=Reason.USER, status=OrderStatus.CANCELED):
            return event
        case _:
            return None


CANCEL_ORDER = Method(CLOSE, _cancel_order_refusal, _cancel, answer_each(_canceled))


# --- cancel_all


def _no_refusal(params: methods.CancelAll, table: InstrumentTable, now_ns: int) -> None:
    return None


def _cancel_all(params: methods.CancelAll, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    return [Submission(CancelAll(account), NO_ORDER)]


def _all_canceled(event: Event, origin: Origin) -> str | None:
    return results.orders_canceled(event.count) if isinstance(event, OrdersCanceled) else None


CANCEL_ALL = Method(CLOSE, _no_refusal, _cancel_all, answer_once(_all_canceled))


# --- batch_cancel


def _batch_cancel_refusal(params: methods.BatchCancel, table: InstrumentTable, now_ns: int) -> Refusal | None:
    count = len(params.orders) + len(params.cl_ord_id)
    if count == 0:
        return Refusal(Reject.FIELD_MISSING.text(field="Orders"))
    return None if MIN_BATCH <= count <= MAX_BATCH else Refusal(Reject.INVALID_ARGUMENT.text(field="orders"))


def _cancel_batch(params: methods.BatchCancel, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    refs = [*map(by_text, params.orders), *map(by_cl_ord_id, params.cl_ord_id)]
    return [Submission(CancelOrders(account, tuple(refs)), NO_ORDER)]


def by_text(text: str) -> OrderRef:
    """Kraken, batch_cancel: an order id, or a userref as text."""
    return _by_userref(int(text)) if _USERREF.fullmatch(text) else _by_order_id(text)


def _answer_batch(replies: Replies, origin: Origin, events: Sequence[Event]) -> None:
    for event in events:
        if isinstance(event, Rejected):
            replies.refuse(origin, event.text)
        elif isinstance(event, OrdersCanceled):
            replies.ack_batch_cancel(origin, event.count)


BATCH_CANCEL = Method(CLOSE, _batch_cancel_refusal, _cancel_batch, _answer_batch)


# --- cancel_all_orders_after


def _switch_refusal(
    params: methods.CancelAllOrdersAfter, table: InstrumentTable, now_ns: int
) -> Refusal | None:
    in_range = 0 <= params.timeout <= MAX_TIMEOUT_S
    return None if in_range else Refusal(Reject.INVALID_ARGUMENT.text(field="timeout"))


def _set_switch(
    params: methods.CancelAllOrdersAfter, account: AccountId, hub: Hub, now_ns: int
) -> list[Submission]:
    return [Submission(SetCancelTimer(account, trigger_ns(params.timeout, now_ns)), NO_ORDER)]


def _answer_switch(replies: Replies, origin: Origin, events: Sequence[Event]) -> None:
    """When it fires; a switch that fell due by the same stamp tells of its own end before."""
    for event in reversed(events):
        if isinstance(event, Rejected):
            replies.refuse(origin, event.text)
            return
        if isinstance(event, CancelTimerSet):
            replies.ack(origin, results.switch_set(*switch_times(event.trigger_ns, origin.time_in_ns)))
            return


def trigger_ns(timeout_s: int, now_ns: int) -> int:
    """When a switch set now fires; 0 where the timeout turns it off."""
    return _next_second(now_ns) + timeout_s * NS_PER_SECOND if timeout_s else 0


def switch_times(trigger_ns: int, now_ns: int) -> tuple[str, str]:
    """`currentTime` and `triggerTime` of a reply; v1 and REST document "0" for a switch that is off."""
    return seconds(_next_second(now_ns)), seconds(trigger_ns) if trigger_ns else "0"


def _next_second(time_ns: int) -> int:
    """Recorded: the time of the request rounded up to a whole second."""
    return -(-time_ns // NS_PER_SECOND) * NS_PER_SECOND


CANCEL_ALL_ORDERS_AFTER = Method(CLOSE, _switch_refusal, _set_switch, _answer_switch)
