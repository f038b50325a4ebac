"""Trading of API v2: a request to commands, an outcome to replies. Every method served is a row of `TRADING`.

The first failure wins, in this order (the reply times recorded on the venue show that it decides by arguments
before it looks at tokens):

    host (session) -> schema (codec) -> static rules -> token -> permission -> numbers -> the venue
"""

from typing import Any

from krakenbox.gateway.cancels import BATCH_CANCEL, CANCEL_ALL, CANCEL_ALL_ORDERS_AFTER, CANCEL_ORDER
from krakenbox.gateway.changes import AMEND_ORDER, EDIT_ORDER
from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Origin
from krakenbox.gateway.entries import ADD_ORDER, BATCH_ADD
from krakenbox.gateway.flight import Flight
from krakenbox.gateway.method import Method, Submission
from krakenbox.gateway.replies import Replies
from krakenbox.model.event import Outcome
from krakenbox.model.reject import Reject

TRADING: dict[str, Method] = {
    "add_order": ADD_ORDER,
    "amend_order": AMEND_ORDER,
    "edit_order": EDIT_ORDER,
    "cancel_order": CANCEL_ORDER,
    "cancel_all": CANCEL_ALL,
    "cancel_all_orders_after": CANCEL_ALL_ORDERS_AFTER,
    "batch_add": BATCH_ADD,
    "batch_cancel": BATCH_CANCEL,
}
"""Every method that trades."""


class Trading:
    """The trading of one connection."""

    def __init__(self, desk: Desk, credentials: Credentials, replies: Replies) -> None:
        self._desk = desk
        self._credentials = credentials
        self._replies = replies
        self._flight = Flight(desk)

    def request(self, origin: Origin, params: Any) -> None:
        """Submit what a request asks for, or refuse it."""
        method = TRADING[origin.method]
        now_ns, hub = origin.time_in_ns, self._desk.hub
        refusal = method.static(params, hub.reference.table, now_ns)
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
                self._submit(origin, method.commands(params, key.account, hub, now_ns))

    def complete(self, outcome: Outcome, origin: Origin) -> None:
        """Answer a command of this connection: one reply, or one per order of a cancel."""
        self._flight.landed()
        TRADING[origin.method].answer(self._replies, origin, outcome.events)

    def _submit(self, origin: Origin, submissions: list[Submission] | str) -> None:
        if isinstance(submissions, str):
            self._replies.refuse(origin, submissions)
        elif not self._flight.submit(origin, submissions):
            self._replies.refuse(origin, Reject.MSG_RATE)
