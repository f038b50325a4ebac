"""One-line inputs for orders that sleep, trail, start later or enter others, and what is asleep.

dormant(sell, 1, "stop-loss", "95")              static; "5%" and "-2.5q" are offsets, in percent and quote
dormant(sell, 1, "trailing-stop-limit", "5q", "-1q")
oto("stop-loss-limit", "95", "94.5")             what each fill of an order enters
print_at(pit, 95)                                a trade of others, and what came of it
"""

from typing import Any

from builders import BTC_USD, INSTRUMENTS, Number, Pit, buy, place, plain, sell, units
from krakenbox.model.command import PlaceOrder, SetIndexPrice
from krakenbox.model.event import Event
from krakenbox.model.fixed import Price, Qty, to_text
from krakenbox.model.order import (
    PCT_UNIT,
    AccountId,
    Conditional,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    Trigger,
)

_PCT_DECIMALS = len(str(PCT_UNIT)) - 1


def dormant(
    side: Side,
    qty: Number,
    kind: str,
    trigger: str,
    at: str = "0",
    **fields: Any,
) -> PlaceOrder:
    """A triggered order; `reference` and `by` besides fields of the terms and of the command."""
    i = INSTRUMENTS[fields.pop("symbol", BTC_USD.symbol)]
    by = fields.pop("by", "alice")
    command = {name: fields.pop(name) for name in ("validate", "deadline_ns") if name in fields}
    limit_price, limit_price_type = _offset(at, i.price_decimals)
    terms = OrderTerms(
        symbol=i.symbol,
        side=side,
        order_type=OrderType(kind),
        qty=Qty(units(qty, i.qty_decimals)),
        limit_price=Price(limit_price),
        limit_price_type=limit_price_type,
        trigger=_trigger(trigger, fields.pop("reference", Reference.LAST), i.price_decimals),
        **fields,
    )
    return PlaceOrder(AccountId(by), terms, **command)


def oto(
    kind: str, trigger: str = "", at: str = "0", reference: Reference = Reference.LAST, decimals: int = 1
) -> Conditional:
    """What each fill of a primary enters."""
    limit_price, limit_price_type = _offset(at, decimals)
    watched = _trigger(trigger, reference, decimals) if trigger else None
    return Conditional(OrderType(kind), limit_price, limit_price_type, watched)


def _trigger(text: str, reference: Reference, decimals: int) -> Trigger:
    price, price_type = _offset(text, decimals)
    return Trigger(price, price_type, reference)


def _offset(text: str, decimals: int) -> tuple[int, PriceType]:
    if text.endswith("%"):
        return units(text[:-1], _PCT_DECIMALS), PriceType.PCT
    if text.endswith("q"):
        return units(text[:-1], decimals), PriceType.QUOTE
    return units(text, decimals), PriceType.STATIC


def index(price: Number, symbol: str = BTC_USD.symbol) -> SetIndexPrice:
    """An index price."""
    return SetIndexPrice(symbol, Price(units(price, INSTRUMENTS[symbol].price_decimals)))


def print_at(pit: Pit, price: Number, qty: Number = "0.01") -> list[Event]:
    """Let bob and carol trade between the best prices; what came of the trade."""
    pit.send(place(buy, qty, at=price, by="bob"))
    return pit.send(place(sell, qty, at=price, by="carol"))


def asleep(pit: Pit, symbol: str = BTC_USD.symbol) -> list[str]:
    """Dormant orders of a market, oldest first: `alice sell 1 at 95.0`, with the peak of a trailing one."""
    i = INSTRUMENTS[symbol]
    found = []
    for order in pit.exchange.venue.markets[symbol].triggers:
        what = f"{order.account} {order.terms.side} {plain(order.remaining, i.qty_decimals)}"
        peak = f" from {to_text(order.peak_price, i.price_decimals)}" if order.peak_price else ""
        found.append(f"{what} at {to_text(order.trigger_price, i.price_decimals)}{peak}")
    return found
