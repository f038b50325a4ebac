"""An order in one line, as REST and v1 describe it.

    sell 0.25000000 XBTUSD @ market
    sell 167.28002676 ADAXBT @ stop loss 0.00003280 -> limit 0.00003212
    sell 49.96000 SUIUSD @ trailing stop +1.0000%
    close position @ take profit 32000.0

Kraken, REST reference and recordings: types with spaces, quantities and prices with all their decimals, four
of a percentage.
"""

from krakenbox.model.fixed import rescale, to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import PCT_UNIT, Conditional, OrderTerms, OrderType, PriceType, Trigger

_PCT_DECIMALS = 4
_UNIT_DECIMALS = len(str(PCT_UNIT)) - 1


def order_text(terms: OrderTerms, instrument: Instrument) -> str:
    """An order as entered; the volume of one entered by cash is that cash."""
    if terms.cash_qty:
        volume = to_text(terms.cash_qty, instrument.cost_decimals)
    else:
        volume = to_text(terms.qty, instrument.qty_decimals)
    prices = _prices(
        terms.order_type, terms.trigger, terms.limit_price, terms.limit_price_type, instrument.price_decimals
    )
    return f"{terms.side} {volume} {instrument.altname} @ {prices}"


def close_text(conditional: Conditional, instrument: Instrument) -> str:
    """The order that each fill of another one enters."""
    prices = _prices(
        conditional.order_type,
        conditional.trigger,
        conditional.limit_price,
        conditional.limit_price_type,
        instrument.price_decimals,
    )
    return f"close position @ {prices}"


def price_text(price: int, price_type: PriceType, decimals: int) -> str:
    """`22000.0`; an offset with its sign: `+50.0`, `-1.0000%`."""
    if price_type is PriceType.STATIC:
        return to_text(price, decimals)
    sign = "" if price < 0 else "+"
    if price_type is PriceType.QUOTE:
        return sign + to_text(price, decimals)
    return f"{sign}{to_text(rescale(price, _UNIT_DECIMALS, _PCT_DECIMALS), _PCT_DECIMALS)}%"


def _prices(
    order_type: OrderType, trigger: Trigger | None, limit_price: int, limit_type: PriceType, decimals: int
) -> str:
    words = order_type.replace("-", " ")
    if trigger is None:
        return f"{words} {price_text(limit_price, limit_type, decimals)}" if limit_price else words
    woken = price_text(trigger.price, trigger.price_type, decimals)
    if order_type.working is OrderType.MARKET:
        return f"{words} {woken}"
    return f"{words.removesuffix(' limit')} {woken} -> limit {price_text(limit_price, limit_type, decimals)}"
