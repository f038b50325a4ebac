"""Rows of v1's private channels: what is known of an order or a trade, in v1's fields.

Recorded, of a limit order: everything when it is entered, `status` alone when it opens, totals with each fill
and at its end. Rows of amends, moving triggers and icebergs are not recorded: they carry what changed.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import replace

from krakenbox.feeds.orders import OpenOrder, OrderEvent
from krakenbox.feeds.v1 import Prices
from krakenbox.model.event import (
    IcebergRefilled,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    TriggerChanged,
)
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import (
    Conditional,
    FeePreference,
    OrderStatus,
    OrderTerms,
    OrderType,
    PriceType,
    TimeInForce,
    Trigger,
)
from krakenbox.model.reject import Reason
from krakenbox.protocol.literals import boolean, quote
from krakenbox.protocol.ordertext import close_text, order_text, price_text
from krakenbox.protocol.timestamp import unix
from krakenbox.protocol.v1.private_channels import NULL, POSITION, object_of, quoted, row

__all__ = ["Fields", "change", "row", "trade", "whole"]

Fields = dict[str, str]
"""Names and JSON text of values."""

_STATUS = {
    OrderStatus.PENDING_NEW: "pending",
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
_TIMES = {TimeInForce.GTC: "GTC", TimeInForce.GTD: "GTD", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
_TOUCHES = (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)


def whole(order: OpenOrder, instrument: Instrument) -> Fields:
    """Everything that is known of an open order."""
    entered, terms, standing = order.entered, order.terms, order.standing
    prices, watch = Prices(instrument), order.watch
    limit = terms.limit_price if terms.order_type.triggered and _is_static(terms) else 0
    fields = {
        **_totals(standing.filled, standing.fee, terms, instrument),
        "refid": quoted(entered.parent_id) if entered.parent_id else NULL,
        "userref": str(terms.userref),
        "status": quoted(_STATUS[standing.status]),
        "opentm": quoted(unix(entered.time_ns)),
        "starttm": quoted(unix(terms.effective_ns)) if terms.effective_ns else NULL,
        "expiretm": quoted(unix(terms.expire_ns)) if terms.expire_ns else NULL,
        "descr": _description(terms, instrument),
        "vol": quoted(_volume(terms, instrument)),
        "stopprice": quoted(prices.text(watch.trigger_price if watch is not None else 0)),
        "limitprice": quoted(prices.text(limit)),
        "misc": quoted(_misc(terms, fired=watch is not None and watch.fired_ns > 0)),
        "oflags": quoted(_flags(terms)),
        "timeinforce": quoted(_TIMES[terms.time_in_force]),
        **_names(terms),
    }
    if terms.conditional is not None:
        fields["contingent"] = _contingent(terms.conditional, instrument)
    if terms.display_qty:
        fields["display_volume"] = quoted(to_text(terms.display_qty, instrument.qty_decimals))
        fields["display_volume_remain"] = quoted(to_text(standing.shown, instrument.qty_decimals))
    if terms.sender_sub_id:
        fields["sender_sub_id"] = quote(terms.sender_sub_id)
    if standing.amended:
        fields["amended"] = boolean(True)
    return fields


def change(event: OrderEvent, order: OpenOrder, instrument: Instrument) -> Fields:
    """What an event says of an order, after which it stands so."""
    prices = Prices(instrument)
    match event:
        case OrderAccepted():
            return whole(order, instrument)
        case OrderOpened():
            fields = {"status": quoted("open")}
        case OrderFilled():
            fields = _totals(event, order.standing.fee, event.terms, instrument)
        case OrderClosed():
            fields = _end(event, order.standing.fee, instrument)
        case OrderAmended():
            fields = _amendment(event, order, instrument)
        case TriggerChanged():
            fields = {"stopprice": quoted(prices.text(event.trigger_price))}
            if event.triggered:
                fields["misc"] = quoted(_misc(event.terms, fired=True))
        case IcebergRefilled():
            shown = to_text(event.display_qty_remain, instrument.qty_decimals)
            fields = {"display_volume_remain": quoted(shown)}
        case _:
            assert_never(event)
    return fields | {"userref": str(event.terms.userref)}


def trade(fills: Sequence[OrderFilled], instrument: Instrument, *, update: bool = False) -> Fields:
    """One trade of one order, by one fill or by all that it took at once."""
    first, last = fills[0], fills[-1]
    prices, terms = Prices(instrument), first.terms
    qty = sum(fill.qty for fill in fills)
    exact = sum(fill.price * fill.qty for fill in fills)
    fields = {
        "cost": quoted(to_text(sum(fill.cost for fill in fills), instrument.cost_decimals)),
        "fee": quoted(_fee(sum(fill.fee for fill in fills), terms, instrument)),
        "margin": quoted(to_text(0, instrument.cost_decimals)),
        "ordertxid": quoted(first.order_id),
        "ordertype": quoted(terms.order_type),
        "pair": quoted(instrument.wsname),
        "postxid": quoted(POSITION),
        "price": quoted(prices.average(exact, qty)),
        "time": quoted(unix(last.time_ns)),
        "type": quoted(terms.side),
        "vol": quoted(to_text(qty, instrument.qty_decimals)),
    }
    # Kraken, websocket-v1/owntrades: the client's own names are part of updates only.
    if update:
        fields |= _names(terms)
        if terms.userref:
            fields["userref"] = str(terms.userref)
    return fields


def _end(event: OrderClosed, fee: int, instrument: Instrument) -> Fields:
    fields = {
        "lastupdated": quoted(unix(event.time_ns)),
        "status": quoted(_STATUS[event.status]),
        **_totals(event, fee, event.terms, instrument),
    }
    # Recorded: an order that expired or was filled gives no reason.
    if event.status is OrderStatus.CANCELED and event.reason is not Reason.NONE:
        fields["cancel_reason"] = quoted(event.reason)
    return fields


def _amendment(event: OrderAmended, order: OpenOrder, instrument: Instrument) -> Fields:
    terms, prices = order.terms, Prices(instrument)
    fields = {
        "lastupdated": quoted(unix(event.time_ns)),
        "amended": boolean(True),
        "descr": _description(terms, instrument),
        "vol": quoted(_volume(terms, instrument)),
    }
    if event.reason is not Reason.NONE:
        fields["amend_reason"] = quoted(event.reason)
    if terms.display_qty:
        fields["display_volume"] = quoted(to_text(terms.display_qty, instrument.qty_decimals))
        fields["display_volume_remain"] = quoted(to_text(order.standing.shown, instrument.qty_decimals))
    if terms.trigger is not None:
        fields["stopprice"] = quoted(prices.text(event.trigger_price))
    return fields


def _totals(
    event: OrderFilled | OrderClosed | None, fee: int, terms: OrderTerms, instrument: Instrument
) -> Fields:
    cum_qty, cum_cost, avg_price = (event.cum_qty, event.cum_cost, event.avg_price) if event else (0, 0, 0)
    return {
        "vol_exec": quoted(to_text(cum_qty, instrument.qty_decimals)),
        "cost": quoted(to_text(cum_cost, instrument.cost_decimals)),
        "fee": quoted(_fee(fee, terms, instrument)),
        "avg_price": quoted(Prices(instrument).text(avg_price)),
    }


def _fee(fee: int, terms: OrderTerms, instrument: Instrument) -> str:
    in_base = terms.fee_preference is FeePreference.BASE
    return to_text(fee, instrument.qty_decimals if in_base else instrument.cost_decimals)


def _volume(terms: OrderTerms, instrument: Instrument) -> str:
    if terms.cash_qty:
        return to_text(terms.cash_qty, instrument.cost_decimals)
    return to_text(terms.qty, instrument.qty_decimals)


def _names(terms: OrderTerms) -> Fields:
    return {"cl_ord_id": quote(terms.cl_ord_id)} if terms.cl_ord_id else {}


def _misc(terms: OrderTerms, *, fired: bool) -> str:
    """Kraken's glossary: a stop that fired is `stopped`, a profit `touched`; neither is a status."""
    if not fired:
        return ""
    return "touched" if terms.order_type in _TOUCHES else "stopped"


def _flags(terms: OrderTerms) -> str:
    flags = ["fcib" if terms.fee_preference is FeePreference.BASE else "fciq"]
    if terms.post_only:
        flags.append("post")
    if terms.cash_qty:
        flags.append("viqc")
    return ",".join(flags)


# --- descriptions: with the pair's name and the decimals of v1


def _description(terms: OrderTerms, instrument: Instrument) -> str:
    printed, prices = _printed(instrument), Prices(instrument)
    scaled = _scaled(terms, prices)
    first, second = _prices(scaled.trigger, scaled.limit_price, scaled.limit_price_type, prices)
    text = order_text(scaled, printed)
    if scaled.order_type is OrderType.MARKET:
        # Recorded: `buy 0.00010000 XBT/USD @ market 0.00000`.
        text = f"{text} {first}"
    conditional = terms.conditional
    closes = quoted(close_text(_scaled_close(conditional, prices), printed)) if conditional else NULL
    return object_of(
        {
            "pair": quoted(instrument.wsname),
            "type": quoted(terms.side),
            "ordertype": quoted(terms.order_type),
            "price": quoted(first),
            "price2": quoted(second),
            "leverage": NULL,
            "order": quoted(text),
            "close": closes,
        }
    )


def _contingent(conditional: Conditional, instrument: Instrument) -> str:
    prices = Prices(instrument)
    scaled = _scaled_close(conditional, prices)
    first, second = _prices(scaled.trigger, scaled.limit_price, scaled.limit_price_type, prices)
    return object_of(
        {
            "ordertype": quoted(scaled.order_type),
            "price": quoted(first),
            "price2": quoted(second),
            "oflags": quoted(""),
        }
    )


def _prices(trigger: Trigger | None, limit: int, limit_type: PriceType, prices: Prices) -> tuple[str, str]:
    """`price` and `price2`: the limit, or the trigger and behind it the limit."""
    zero, decimals = prices.text(0), prices.decimals
    limited = price_text(limit, limit_type, decimals) if limit else zero
    if trigger is None:
        return limited, zero
    return price_text(trigger.price, trigger.price_type, decimals), limited


def _printed(instrument: Instrument) -> Instrument:
    """The instrument under its v1 name and with the decimals of v1."""
    return replace(instrument, altname=instrument.wsname, price_decimals=Prices(instrument).decimals)


def _scaled(terms: OrderTerms, prices: Prices) -> OrderTerms:
    return replace(
        terms,
        limit_price=_units(terms.limit_price, terms.limit_price_type, prices),
        trigger=_scaled_trigger(terms.trigger, prices),
    )


def _scaled_close(conditional: Conditional, prices: Prices) -> Conditional:
    return replace(
        conditional,
        limit_price=_units(conditional.limit_price, conditional.limit_price_type, prices),
        trigger=_scaled_trigger(conditional.trigger, prices),
    )


def _scaled_trigger(trigger: Trigger | None, prices: Prices) -> Trigger | None:
    if trigger is None:
        return None
    return replace(trigger, price=_units(trigger.price, trigger.price_type, prices))


def _units(price: int, price_type: PriceType, prices: Prices) -> int:
    return price if price_type is PriceType.PCT else prices.units(price)


def _is_static(terms: OrderTerms) -> bool:
    return terms.limit_price_type is PriceType.STATIC
