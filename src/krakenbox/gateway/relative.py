"""Limit prices that are given relative to the last trade, made absolute at entry.

Kraken, REST and v1 order entry: `+` adds to the price of the last trade, `-` subtracts, `#` does what suits
the side; with `%` the amount is a part of that price. A trigger's own offset is the venue's to resolve, and
so is the limit of what trails: it hangs on its trigger.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from krakenbox.errors import ProtocolError
from krakenbox.gateway.restfields import Price, optional, price
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import OrderType, Side
from krakenbox.model.reject import Reject

_HUNDRED = Decimal(100)
_LIMIT_FIELDS = {
    OrderType.LIMIT: "price",
    OrderType.ICEBERG: "price",
    OrderType.STOP_LOSS_LIMIT: "price2",
    OrderType.TAKE_PROFIT_LIMIT: "price2",
}
"""Which field is the limit price."""


def resolved(
    fields: Mapping[str, str], side: Side, order_type: OrderType, instrument: Instrument, last: int
) -> Mapping[str, str]:
    """The fields of an order with an absolute limit price; raises ProtocolError before the first trade."""
    name = _LIMIT_FIELDS.get(order_type, "")
    given = optional(fields, name, price) if name else None
    if given is None or not given.sign:
        return fields
    return {**fields, name: format(absolute(given, side, instrument, last), "f")}


def absolute(given: Price, side: Side, instrument: Instrument, last: int) -> Decimal:
    """A price near the last trade's, on the nearest tick; `#` is below it for a buy, above for a sell."""
    if not given.sign:
        return given.value
    if not last:
        raise ProtocolError(Reject.INVALID_PRICE)
    near = Decimal(last)
    offset = near * given.value / _HUNDRED if given.percent else given.value.scaleb(instrument.price_decimals)
    below = given.sign == "-" or (given.sign == "#" and side is Side.BUY)
    ticks = (near - offset if below else near + offset) / instrument.price_increment
    units = ticks.to_integral_value(ROUND_HALF_UP) * instrument.price_increment
    return units.scaleb(-instrument.price_decimals)
