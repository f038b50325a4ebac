"""Orders as REST describes them: what `OpenOrders`, `ClosedOrders` and `QueryOrders` have for each.

Kraken, REST reference; keys and their order as recorded in 2025.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from krakenbox.feeds.orders import OpenOrder
from krakenbox.gateway.holds import expected_price
from krakenbox.gateway.restfigures import cost_text, price_text, qty_text, unix
from krakenbox.history.queries import Fill, PastOrder
from krakenbox.model.fixed import nearest
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import (
    PCT_UNIT,
    FeePreference,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    PriceType,
    Side,
)
from krakenbox.protocol.ordertext import close_text, order_text
from krakenbox.protocol.ordertext import price_text as given_text

_STATUSES = {
    OrderStatus.PENDING_NEW: "pending",
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
_FIRED = {OrderType.TAKE_PROFIT: "touched", OrderType.TAKE_PROFIT_LIMIT: "touched"}
"""Misc of an order whose trigger fired; of the other types `stopped`."""
_FEES = {FeePreference.BASE: "fcib", FeePreference.QUOTE: "fciq"}
NONE = "0"
"""A price that there is not."""

Row = dict[str, Any]


class Order(Struct, frozen=True, kw_only=True):
    """What a row tells of an order, open or not."""

    terms: OrderTerms
    """As amended."""
    status: OrderStatus
    parent_id: OrderId
    opened_ns: int
    cum_qty: int = 0
    cum_cost: int = 0
    fee: int = 0
    """At the precision of cost or, of an order that pays in the base asset, of quantity."""
    avg_price: int = 0
    trigger_price: int = 0
    """Effective."""
    limit_price: int = 0
    """Effective."""
    peak_price: int = 0
    """Of what trails."""
    fired: bool = False
    amended: bool = False


def open_order(order: OpenOrder, instrument: Instrument) -> Row:
    """Row of an open order."""
    standing, watch, filled = order.standing, order.watch, order.standing.filled
    return order_row(
        Order(
            terms=order.terms,
            status=standing.status,
            parent_id=order.entered.parent_id,
            opened_ns=order.entered.time_ns,
            cum_qty=filled.cum_qty if filled is not None else 0,
            cum_cost=filled.cum_cost if filled is not None else 0,
            fee=standing.fee,
            avg_price=filled.avg_price if filled is not None else 0,
            trigger_price=watch.trigger_price if watch is not None else 0,
            limit_price=expected_price(order, instrument),
            peak_price=watch.peak_price if watch is not None else 0,
            fired=watch is not None and watch.fired_ns > 0,
            amended=standing.amended,
        ),
        instrument,
    )


def past_order(order: PastOrder, fills: Sequence[Fill], instrument: Instrument) -> Row:
    """Row of an order as the history has it, with its fills; of one that has ended also when and why."""
    row = order_row(
        Order(
            terms=order.terms,
            status=order.status,
            parent_id=order.parent_id,
            opened_ns=order.opened_ns,
            cum_qty=order.cum_qty,
            cum_cost=order.cum_cost,
            fee=sum(fill.fee for fill in fills),
            avg_price=order.avg_price,
            trigger_price=order.trigger_price,
            limit_price=order.limit_price,
            peak_price=_peak(order),
            fired=order.triggered,
            amended=order.amended,
        ),
        instrument,
    )
    if order.closed_ns is not None:
        row["reason"] = order.reason.value or None
        row["closetm"] = unix(order.closed_ns)
    return row


def fee_text(fee: int, in_base: bool, instrument: Instrument) -> str:
    """A fee in the asset that it was charged in."""
    return qty_text(fee, instrument) if in_base else cost_text(fee, instrument)


def order_row(order: Order, instrument: Instrument) -> Row:
    """The row of an order, without its trades."""
    terms = order.terms
    volume = cost_text(terms.cash_qty, instrument) if terms.cash_qty else qty_text(terms.qty, instrument)
    row: Row = {"refid": order.parent_id or None, "userref": terms.userref}
    if terms.cl_ord_id:
        row["cl_ord_id"] = terms.cl_ord_id
    row |= {
        "status": _STATUSES[order.status],
        "opentm": unix(order.opened_ns),
        "starttm": unix(terms.effective_ns),
        "expiretm": unix(terms.expire_ns),
        "descr": description(terms, instrument),
        "vol": volume,
        "vol_exec": qty_text(order.cum_qty, instrument),
        "cost": cost_text(order.cum_cost, instrument),
        "fee": fee_text(order.fee, terms.fee_preference is FeePreference.BASE, instrument),
        "price": price_text(order.avg_price, instrument),
        "stopprice": price_text(order.trigger_price, instrument),
        "limitprice": price_text(_limit_price(order), instrument),
    }
    if terms.trigger is not None:
        row["trigger"] = terms.trigger.reference.value
    row |= {"misc": ",".join(_misc(order)), "oflags": ",".join(_flags(terms))}
    if terms.sender_sub_id:
        row["sender_sub_id"] = terms.sender_sub_id
    return row


def description(terms: OrderTerms, instrument: Instrument) -> Row:
    """What an order was entered as, or amended to."""
    decimals, trigger = instrument.price_decimals, terms.trigger
    limit = given_text(terms.limit_price, terms.limit_price_type, decimals) if terms.limit_price else NONE
    prices = (limit, NONE)
    if trigger is not None:
        prices = (given_text(trigger.price, trigger.price_type, decimals), limit)
    conditional = terms.conditional
    return {
        "pair": instrument.altname,
        "aclass": "forex",
        "type": terms.side.value,
        "ordertype": terms.order_type.value,
        "price": prices[0],
        "price2": prices[1],
        "leverage": "none",
        "order": order_text(terms, instrument),
        "close": close_text(conditional, instrument) if conditional is not None else "",
    }


def _limit_price(order: Order) -> int:
    """Recorded: the peak of what trails, 0 of a resting limit order; documented: the limit once triggered."""
    if order.terms.order_type.trailing:
        return order.peak_price
    fired = order.fired and order.terms.order_type.working is OrderType.LIMIT
    return order.limit_price if fired else 0


def _misc(order: Order) -> list[str]:
    words = [_FIRED.get(order.terms.order_type, "stopped")] if order.fired else []
    if 0 < order.cum_qty < order.terms.qty:
        words.append("partial")
    if order.amended:
        words.append("amended")
    return words


def _flags(terms: OrderTerms) -> list[str]:
    """Recorded: `fciq,post`."""
    flags = [_FEES[terms.fee_preference]]
    if terms.post_only:
        flags.append("post")
    if terms.cash_qty:
        flags.append("viqc")
    return flags


def _peak(order: PastOrder) -> int:
    """The best reference of what trails, from how far its trigger was away from it."""
    trigger = order.terms.trigger
    if trigger is None or not order.terms.order_type.trailing:
        return 0
    away = 1 if order.terms.side is Side.SELL else -1
    if trigger.price_type is PriceType.QUOTE:
        return order.trigger_price + away * trigger.price
    whole = 100 * PCT_UNIT
    return nearest(order.trigger_price * whole, whole - away * trigger.price)
