"""Orders, open and past, by REST: `OpenOrders`, `ClosedOrders`, `QueryOrders` and `OrderAmends`.

What is open stands in the views, what is over in the history. Kraken, REST reference: pages of fifty, newest
first, between a `start` that is not part of it and an `end` that is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection

from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.gateway.restfields import flag, optional, required, userref
from krakenbox.gateway.restfigures import choice, listed, qty_text, time_ns, whole
from krakenbox.gateway.restmethod import Answer, Call, Fields, Look, answered
from krakenbox.gateway.restrows import Row, open_order, past_order
from krakenbox.history import queries
from krakenbox.history.queries import Amend, Fill, Found, Page, PastOrder, Wanted
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, client_key
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import encode_errors, encode_result
from krakenbox.protocol.v2.schema import client_id

MAX_QUERIED = 50
"""Orders of one `QueryOrders` (Kraken, REST QueryOrders)."""
_CLOSE_TIMES: tuple[Literal["both"], Literal["open"], Literal["close"]] = ("both", "open", "close")
_ID = re.compile(r"[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}", re.ASCII)
_NS_PER_MS = 1_000_000

Instruments = dict[str, Instrument]


class Told(Struct, frozen=True):
    """Orders of the history and their fills."""

    found: Found[PastOrder]
    fills: Sequence[Fill]


# --- OpenOrders


def open_orders(call: Call) -> Answer:
    """What is open, in order of entry."""
    with_trades = optional(call.fields, "trades", flag) or False
    named, ref = _named(call)
    instruments = call.hub.reference.table.instruments
    rows: dict[str, Row] = {
        order_id: open_order(order, instruments[order.terms.symbol])
        for order_id, order in call.hub.orders(call.key.account).open.items()
        if (not named or client_key(order.terms.cl_ord_id) == client_key(named))
        and (ref is None or order.terms.userref == ref)
    }
    if not with_trades or not rows:
        return answered({"open": rows})
    find = partial(queries.fills_of_orders, account=call.key.account, order_ids=list(rows))
    return Answer(look=Look(find, lambda fills: encode_result({"open": _with_trades(rows, fills)})))


def _named(call: Call) -> tuple[str, int | None]:
    """The `cl_ord_id` and the `userref` that are asked for."""
    return optional(call.fields, "cl_ord_id", client_id) or "", optional(call.fields, "userref", userref)


def _with_trades(rows: dict[str, Row], fills: Iterable[Fill]) -> dict[str, Row]:
    for row in rows.values():
        row["trades"] = []
    for fill in fills:
        if fill.order_id in rows:
            rows[fill.order_id]["trades"].append(fill.exec_id)
    return rows


# --- ClosedOrders and QueryOrders


def closed_orders(call: Call) -> Answer:
    """A page of what has ended."""
    asked = page(call)
    named, ref = _named(call)
    by = choice(call.fields, "closetime", _CLOSE_TIMES)
    wanted = Wanted(next(each for each in _CLOSE_TIMES if each == by), ref, named)
    account = call.key.account

    def find(connection: Connection) -> Told:
        return _told(connection, account, queries.closed_orders(connection, account, asked, wanted))

    return Answer(look=Look(find, partial(_closed, call, optional(call.fields, "trades", flag) or False)))


def _closed(call: Call, with_trades: bool, told: Told) -> bytes:
    return encode_result(counted("closed", _rows(call, told, with_trades), told.found.count))


def query_orders(call: Call) -> Answer:
    """The orders of some ids, open or not; one that the key may not see is left out."""
    order_ids = listed(call.fields, "txid", MAX_QUERIED)
    with_trades = optional(call.fields, "trades", flag) or False
    _, ref = _named(call)
    account, key = call.key.account, call.key

    def find(connection: Connection) -> Told:
        found = [
            order
            for order in queries.orders_by_id(connection, account, order_ids)
            if may_see(key, order) and (ref is None or order.terms.userref == ref)
        ]
        return _told(connection, account, Found(in_order(order_ids, found, _order_id)))

    return Answer(look=Look(find, lambda told: encode_result(_rows(call, told, with_trades))))


def _order_id(order: PastOrder) -> str:
    return order.order_id


def may_see(key: ApiKey, order: PastOrder) -> bool:
    """Whether a key may see an order: one permission is of open orders, another of those that ended."""
    needs = Permission.QUERY_OPEN_TRADES if order.closed_ns is None else Permission.QUERY_CLOSED_TRADES
    return needs in key.permissions


def _told(connection: Connection, account: AccountId, found: Found[PastOrder]) -> Told:
    order_ids = [order.order_id for order in found.rows]
    fills = queries.fills_of_orders(connection, account, order_ids) if order_ids else []
    return Told(found, fills)


def _rows(call: Call, told: Told, with_trades: bool) -> dict[str, Row]:
    instruments = call.hub.reference.table.instruments
    fills: dict[str, list[Fill]] = {order.order_id: [] for order in told.found.rows}
    for fill in told.fills:
        fills[fill.order_id].append(fill)
    rows: dict[str, Row] = {
        order.order_id: past_order(order, fills[order.order_id], instruments[order.terms.symbol])
        for order in told.found.rows
    }
    return _with_trades(rows, told.fills) if with_trades else rows


# --- OrderAmends


def order_amends(call: Call) -> Answer:
    """How an order was entered, and each amend since, oldest first."""
    order_id = required(call.fields, "order_id", str)
    account, key = call.key.account, call.key

    def find(connection: Connection) -> tuple[list[PastOrder], list[Amend]]:
        orders = queries.orders_by_id(connection, account, [order_id])
        return orders, queries.amends(connection, account, order_id)

    def tell(found: tuple[list[PastOrder], list[Amend]]) -> bytes:
        orders, amends = found
        if not orders:
            return encode_errors(Reject.UNKNOWN_ORDER)
        if not may_see(key, orders[0]):
            return encode_errors(Reject.PERMISSION_DENIED)
        instrument = call.hub.reference.table.instruments[orders[0].terms.symbol]
        rows = [_amend(amend, instrument) for amend in amends]
        return encode_result({"amends": rows, "count": len(rows)})

    return Answer(look=Look(find, tell))


def _amend(amend: Amend, instrument: Instrument) -> Row:
    decimals = instrument.price_decimals
    texts: dict[str, Any] = {
        "amend_id": amend.amend_id,
        "amend_type": amend.kind,
        "order_qty": qty_text(amend.qty, instrument),
        "display_qty": qty_text(amend.display_qty, instrument) if amend.display_qty else None,
        "remaining_qty": qty_text(amend.remaining_qty, instrument),
        "limit_price": to_text(amend.limit_price, decimals) if amend.limit_price else None,
        "trigger_price": to_text(amend.trigger_price, decimals) if amend.trigger_price else None,
        "reason": amend.reason or None,
        "post_only": amend.post_only,
        "timestamp": amend.time_ns // _NS_PER_MS,
    }
    return {name: value for name, value in texts.items() if value is not None}


# --- pages


def page(call: Call) -> Page:
    """Which rows of many a request asks for; raises ProtocolError."""
    fields = call.fields
    return Page(
        start=_moment(fields, "start"),
        end=_moment(fields, "end"),
        offset=optional(fields, "ofs", whole) or 0,
        counted=not optional(fields, "without_count", flag),
    )


def _moment(fields: Fields, name: str) -> int | str | None:
    """A time, or the id of what has one."""
    text = fields.get(name, "")
    return text if _ID.fullmatch(text) else optional(fields, name, time_ns)


def counted(name: str, rows: dict[str, Row], count: int | None) -> Row:
    """A page's rows under a name, and how many there are on all pages if that was asked."""
    return {name: rows} if count is None else {name: rows, "count": count}


def in_order(names: Sequence[str], rows: Iterable[Any], name_of: Callable[[Any], str]) -> list[Any]:
    """Rows in the order in which they were asked for."""
    places = {name: place for place, name in enumerate(names)}
    return sorted(rows, key=lambda row: places[name_of(row)])
