"""Cancels of v1: `cancelOrder`, `cancelAll` and the dead man's switch, `cancelAllOrdersAfter`."""

import re
from collections.abc import Mapping, Sequence

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.cancels import (
    MAX_CANCELS,
    MAX_TIMEOUT_S,
    by_cl_ord_id,
    by_text,
    switch_times,
    trigger_ns,
)
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.method import CLOSE, NO_ORDER, Submission
from krakenbox.gateway.restfields import wrong
from krakenbox.gateway.v1method import V1Method, answer_each
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.model.command import CancelAll, CancelOrder, OrderRef, SetCancelTimer
from krakenbox.model.event import CancelTimerSet, Event, OrderClosed, OrdersCanceled, Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId, OrderStatus
from krakenbox.model.reject import Reason
from krakenbox.protocol.literals import quote
from krakenbox.protocol.v1.methods import Request

_SECONDS = re.compile(r"\d{1,10}", re.ASCII)


# --- cancelOrder: a reply for every order


def _read_refs(request: Request, hub: Hub, now_ns: int) -> list[OrderRef]:
    txids, client_ids = request.listed.get("txid", ()), request.listed.get("cl_ord_id", ())
    if not 0 < len(txids) + len(client_ids) <= MAX_CANCELS:
        raise wrong("txid")
    return [*map(by_text, txids), *map(by_cl_ord_id, client_ids)]


def _cancel(refs: list[OrderRef], account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    return [Submission(CancelOrder(account, ref), ref) for ref in refs]


def _canceled(event: Event, origin: Origin) -> Mapping[str, str] | None:
    # Orders whose time was up by the same stamp are `expired`, or canceled for another reason.
    by_user = (
        isinstance(event, OrderClosed)
        and event.reason is Reason.USER
        and event.status is OrderStatus.CANCELED
    )
    return {} if by_user else None


CANCEL_ORDER = V1Method(CLOSE, _read_refs, _cancel, answer_each(_canceled))


# --- cancelAll


def _read_nothing(request: Request, hub: Hub, now_ns: int) -> None:
    return None


def _cancel_all(nothing: None, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    return [Submission(CancelAll(account), NO_ORDER)]


def _all_canceled(event: Event, origin: Origin) -> Mapping[str, str] | None:
    return {"count": str(event.count)} if isinstance(event, OrdersCanceled) else None


CANCEL_ALL = V1Method(CLOSE, _read_nothing, _cancel_all, answer_each(_all_canceled, once=True))


# --- cancelAllOrdersAfter


def _read_timeout(request: Request, hub: Hub, now_ns: int) -> int:
    text = request.fields.get("timeout", "")
    if not _SECONDS.fullmatch(text) or int(text) > MAX_TIMEOUT_S:
        raise wrong("timeout")
    return int(text)


def _set_switch(timeout_s: int, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    return [Submission(SetCancelTimer(account, trigger_ns(timeout_s, now_ns)), NO_ORDER)]


def _answer_switch(
    replies: V1Replies, origin: Origin, events: Sequence[Event], table: InstrumentTable
) -> None:
    """When it fires; a switch that fell due by the same stamp tells of its own end before."""
    for event in reversed(events):
        if isinstance(event, Rejected):
            replies.refuse(origin, event.text)
            return
        if isinstance(event, CancelTimerSet):
            current, trigger = switch_times(event.trigger_ns, origin.time_in_ns)
            replies.ack(origin, currentTime=quote(current), triggerTime=quote(trigger))
            return


CANCEL_ALL_ORDERS_AFTER = V1Method(CLOSE, _read_timeout, _set_switch, _answer_switch)
