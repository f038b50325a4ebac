"""Trading of API v2: a request to commands, an outcome to replies. Every method served is a row of `TRADING`.

The first failure wins, in this order (the reply times recorded on the venue show that it decides by arguments
before it looks at tokens):

    host (session) -> schema (codec) -> static rules -> token -> permission -> numbers -> the venue
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Origin
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.terms import deadline_ns, order_terms, static_refusal
from krakenbox.model.command import CancelAll, CancelOrder, Command, OrderRef, PlaceOrder
from krakenbox.model.event import (
    Event,
    OrderAccepted,
    OrderClosed,
    OrdersCanceled,
    OrderValidated,
    Outcome,
    Rejected,
)
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId, OrderId, OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.protocol.v2 import methods, results

MAX_IN_FLIGHT = 1_024
"""Commands of one connection that may wait for their outcome; more are refused as too many messages."""
MAX_CANCELS = 1_000
"""Orders one cancel_order may name; Kraken states no bound (of batch_cancel: 50)."""
MAX_ID = 36
"""Characters of the longest identifier, a UUID. Longer ones name no order and do not enter the journal."""

_INT32 = 1 << 31
_NO_ORDER = OrderRef()
"""Names no order: the venue answers as it does for every unknown one."""


class Refusal(Struct, frozen=True):
    """Why a request is refused before its token is looked at."""

    text: str = ""
    pair: str = ""
    """Instead of a text: the symbol that is not listed."""


class Submission(NamedTuple):
    """A command, and what its reply repeats or warns of."""

    command: Command
    ref: OrderRef
    warnings: tuple[str, ...] = ()


class Method(Struct, frozen=True):
    """One method that trades."""

    needs: frozenset[Permission]
    """One of these."""
    static: Callable[[Any, InstrumentTable, int], Refusal | None]
    """Request, listed instruments, time -> what needs no account to be refused."""
    commands: Callable[[Any, AccountId, InstrumentTable, int], list[Submission] | str]
    """Request, account, listed instruments, time -> what to submit, or the text of a refusal."""
    result: Callable[[Event, Origin], str | None]
    """An event of the outcome -> the result of a reply, if it makes one."""


class Trading:
    """The trading of one connection."""

    def __init__(self, desk: Desk, credentials: Credentials, replies: Replies) -> None:
        self._desk = desk
        self._credentials = credentials
        self._replies = replies
        self._in_flight = 0

    def request(self, origin: Origin, params: Any) -> None:
        """Submit what a request asks for, or refuse it."""
        method = TRADING.get(origin.method)
        now_ns, table = origin.time_in_ns, self._desk.hub.reference.table
        if method is None:
            self._replies.refuse(origin, Reject.UNSUPPORTED_EVENT)
            return
        refusal = method.static(params, table, now_ns)
        if refusal is not None and refusal.pair:
            self._replies.refuse_pair(origin, refusal.pair)
        elif refusal is not None:
            self._replies.refuse(origin, refusal.text)
        else:
            key = self._credentials.key(params.token, now_ns)
            if key is None:
                self._replies.refuse(origin, Reject.SESSION_INVALID)
            elif method.needs.isdisjoint(key.permissions):
                self._replies.refuse(origin, Reject.PERMISSION_DENIED)
            else:
                self._submit(origin, method.commands(params, key.account, table, now_ns))

    def complete(self, outcome: Outcome, origin: Origin) -> None:
        """Answer a command of this connection: one reply, or one per order of a cancel."""
        self._in_flight -= 1
        result_of = TRADING[origin.method].result
        for event in outcome.events:
            if isinstance(event, Rejected):
                self._replies.refuse(origin, event.text)
                return
            result = result_of(event, origin)
            if result is not None:
                self._replies.ack(origin, result)
                if origin.method != "cancel_order":
                    return

    def _submit(self, origin: Origin, submissions: list[Submission] | str) -> None:
        if isinstance(submissions, str):
            self._replies.refuse(origin, submissions)
        elif self._in_flight + len(submissions) > MAX_IN_FLIGHT:
            self._replies.refuse(origin, Reject.MSG_RATE)
        else:
            self._in_flight += len(submissions)
            for command, ref, warnings in submissions:
                named = Origin(origin.who, origin.method, origin.req_id, origin.time_in_ns, ref, warnings)
                self._desk.submit(command, named)


# --- add_order


def _add_order_refusal(params: methods.AddOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    if table.get(params.symbol) is None:
        return Refusal(pair=params.symbol)
    text = static_refusal(params, now_ns)
    return Refusal(text) if text is not None else None


def _place(
    params: methods.AddOrder, account: AccountId, table: InstrumentTable, now_ns: int
) -> list[Submission] | str:
    terms = order_terms(params, table.instruments[params.symbol])
    if isinstance(terms, str):
        return terms
    command = PlaceOrder(account, terms, deadline_ns(params, now_ns), params.validate)
    return [Submission(command, OrderRef(userref=params.order_userref), results.warnings(params))]


def _added(event: Event, origin: Origin) -> str | None:
    """The id; in a reply to `validate`, which Kraken does not document, only what the client chose."""
    match event:
        case OrderAccepted(order_id=order_id, terms=terms):
            return results.order_added(order_id, terms.cl_ord_id or None, origin.ref.userref, origin.warnings)
        case OrderValidated(terms=terms):
            return results.order_added("", terms.cl_ord_id or None, origin.ref.userref, origin.warnings)
        case _:
            return None


# --- cancel_order


def _cancel_order_refusal(params: methods.CancelOrder, table: InstrumentTable, now_ns: int) -> Refusal | None:
    count = len(params.order_id) + len(params.cl_ord_id) + len(params.order_userref)
    if count == 0:
        return Refusal(Reject.FIELD_MISSING.text(field="Order_id"))
    return Refusal(Reject.INVALID_ARGUMENT.text(field="order_id")) if count > MAX_CANCELS else None


def _cancel(
    params: methods.CancelOrder, account: AccountId, table: InstrumentTable, now_ns: int
) -> list[Submission]:
    refs = [
        *(OrderRef(order_id=OrderId(text)) if len(text) <= MAX_ID else _NO_ORDER for text in params.order_id),
        *(OrderRef(cl_ord_id=text) if len(text) <= MAX_ID else _NO_ORDER for text in params.cl_ord_id),
        *(OrderRef(userref=ref) if -_INT32 <= ref < _INT32 else _NO_ORDER for ref in params.order_userref),
    ]
    return [Submission(CancelOrder(account, ref), ref) for ref in refs]


def _canceled(event: Event, origin: Origin) -> str | None:
    """The identifier the request used; of a userref, which may name several orders, the id of each."""
    # Orders whose time was up by the same stamp are `expired`.
    if (
        isinstance(event, OrderClosed)
        and event.reason is Reason.USER
        and event.status is OrderStatus.CANCELED
    ):
        return results.order_canceled(event.order_id, origin.ref.cl_ord_id)
    return None


# --- cancel_all


def _no_refusal(params: methods.CancelAll, table: InstrumentTable, now_ns: int) -> None:
    return None


def _cancel_all(
    params: methods.CancelAll, account: AccountId, table: InstrumentTable, now_ns: int
) -> list[Submission]:
    return [Submission(CancelAll(account), _NO_ORDER)]


def _all_canceled(event: Event, origin: Origin) -> str | None:
    return results.orders_canceled(event.count) if isinstance(event, OrdersCanceled) else None


# Kraken, API keys guide: create & modify orders; cancel & close orders, or create & modify.
_MODIFY = frozenset((Permission.MODIFY_TRADES,))
_CLOSE = frozenset((Permission.MODIFY_TRADES, Permission.CLOSE_TRADES))

TRADING: dict[str, Method] = {
    "add_order": Method(_MODIFY, _add_order_refusal, _place, _added),
    "cancel_order": Method(_CLOSE, _cancel_order_refusal, _cancel, _canceled),
    "cancel_all": Method(_CLOSE, _no_refusal, _cancel_all, _all_canceled),
}
"""Methods served. One that API v2 has and this table has not yet is refused as unsupported."""
